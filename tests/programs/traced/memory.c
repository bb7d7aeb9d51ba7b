/* Programs that share memory, to trace. Each says on standard output what the kernel says that it has mapped, one fact a line. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(99);
}

static long ok(long value, const char *what) {
    if (value < 0)
        fail(what);
    return value;
}

static volatile uint64_t *map(size_t length, int protection, int flags, int fd, off_t offset) {
    void *at = mmap(NULL, length, protection, flags, fd, offset);
    if (at == MAP_FAILED)
        fail("mmap");
    return at;
}

/* A call that stops a traced program and changes nothing: what is so by then is in the picture. */
static void moment(void) {
    kill(getpid(), 0);
}

/* Its shared mappings as /proc/PID/maps has them: "maps 812 after fork", then "7f00-7f01 rw-s 00000000 00:01 7 /dev/zero (deleted)". */
static void maps(const char *when) {
    moment();
    char line[512];
    FILE *file = fopen("/proc/self/maps", "r");
    if (!file)
        fail("maps");
    printf("maps %d %s\n", (int)getpid(), when);
    while (fgets(line, sizeof line, file))
        if (strstr(line, "rw-s") || strstr(line, "r--s"))
            printf("  %s", line);
    fclose(file);
    fflush(stdout);
}

/* All that a piece of memory with a name goes through. */
static int named(void) {
    char name[64];
    sprintf(name, "/pipescope-test-%d", (int)getpid());
    int fd = ok(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), "shm_open");
    ok(ftruncate(fd, 8192), "ftruncate");
    volatile uint64_t *word = map(8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ok(close(fd), "close");
    maps("closed");
    pid_t child = ok(fork(), "fork");
    if (child == 0) {
        word[0] = 42;
        maps("stored");
        ok(munmap((void *)word, 8192), "munmap");
        maps("unmapped");
        _exit(7);
    }
    ok(waitpid(child, NULL, 0), "waitpid");
    maps("waited");
    ok(shm_unlink(name), "shm_unlink");
    maps("unlinked");
    ok(munmap((void *)word, 8192), "munmap");
    maps("gone");
    return 0;
}

/* Memory without a name, before a fork; the child runs another program, which has none of it. */
static int anonymous(const char *self) {
    volatile uint64_t *word = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    maps("made");
    pid_t child = ok(fork(), "fork");
    if (child == 0) {
        word[1] = 7;
        maps("child");
        execl(self, self, "nothing", NULL);
        _exit(99);
    }
    ok(waitpid(child, NULL, 0), "waitpid");
    printf("word %d\n", (int)word[1]);
    maps("waited");
    return 0;
}

/* By a descriptor that stays: two windows, of which one may not be stored to, and mappings that change. */
static int windows(void) {
    int fd = ok(memfd_create("panes", MFD_CLOEXEC), "memfd_create");
    ok(ftruncate(fd, 16384), "ftruncate");
    volatile uint64_t *first = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    volatile uint64_t *second = map(8192, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE, fd, 8192);
    volatile uint64_t *reader = map(4096, PROT_READ, MAP_SHARED, fd, 0);
    first[0] = 5;
    second[0] = 6;
    if (reader[0] != 5)
        return 98;
    maps("three");
    ok(mprotect((void *)second, 8192, PROT_READ), "mprotect");
    maps("protected");
    ok(munmap((void *)(second + 512), 4096), "munmap");
    maps("half");
    volatile uint64_t *moved = mremap((void *)first, 4096, 16384, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        fail("mremap");
    maps("moved");
    void *over = mmap((void *)reader, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (over != reader)
        fail("mmap over it");
    maps("over");
    for (int i = 0; i < 100; i++)
        munmap((void *)map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
    ok(ftruncate(fd, 4096), "ftruncate");
    ok(pwrite(fd, "12345678", 8, 0), "pwrite");
    maps("shorter");
    return 0;
}

/* System V memory outlives who has it mapped. */
static int segment(void) {
    int id = ok(shmget(IPC_PRIVATE, 5000, IPC_CREAT | 0600), "shmget");
    printf("segment %d\n", id);
    maps("made");
    volatile uint64_t *word = shmat(id, NULL, 0);
    if (word == (void *)-1)
        fail("shmat");
    word[2] = 9;
    maps("attached");
    pid_t child = ok(fork(), "fork");
    if (child == 0) {
        ok(shmdt((void *)word), "shmdt");
        maps("child");
        _exit(0);
    }
    ok(waitpid(child, NULL, 0), "waitpid");
    ok(shmdt((void *)word), "shmdt");
    maps("detached");
    ok(shmctl(id, IPC_RMID, NULL), "shmctl");
    maps("removed");
    return 0;
}

/* Private memory and files: nothing of it is shared with anybody. */
static int none(void) {
    char path[] = "/tmp/pipescope-test-XXXXXX";
    int fd = ok(mkstemp(path), "mkstemp");
    ok(unlink(path), "unlink");
    ok(ftruncate(fd, 4096), "ftruncate");
    map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)[0] = 3;
    map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    map(1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    moment();
    return 0;
}

/* Who has what, as `pipescope graph` says it of this process: what it prints is one line of JSON. */
static int graph(const char *program) {
    int ready[2], go[2];
    char name[64], pid[16], byte;
    sprintf(name, "/pipescope-test-%d", (int)getpid());
    sprintf(pid, "%d", (int)getpid());
    int fd = ok(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), "shm_open");
    ok(ftruncate(fd, 4096), "ftruncate");
    map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)[0] = 1;
    ok(close(fd), "close");
    map(4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)[0] = 2;
    ok(pipe(ready), "pipe");
    ok(pipe(go), "pipe");
    pid_t child = ok(fork(), "fork");
    if (child == 0) {
        ok(close(go[1]), "close");
        ok(write(ready[1], "x", 1), "write");
        ok(read(go[0], &byte, 1), "read");
        _exit(0);
    }
    ok(read(ready[0], &byte, 1), "read");
    moment();
    printf("graph %d %d\n", (int)getpid(), (int)child);
    fflush(stdout);
    pid_t asks = ok(fork(), "fork");
    if (asks == 0) {
        execl(program, program, "graph", pid, "--json", NULL);
        _exit(99);
    }
    ok(waitpid(asks, NULL, 0), "waitpid");
    ok(close(go[1]), "close");
    ok(waitpid(child, NULL, 0), "waitpid");
    ok(shm_unlink(name), "shm_unlink");
    return 0;
}

/* So many pieces that come and go. */
static int many(int count) {
    for (int i = 0; i < count; i++) {
        volatile uint64_t *word = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        word[0] = i;
        ok(munmap((void *)word, 4096), "munmap");
    }
    maps("many");
    return 0;
}

static void *comes_and_goes(void *unused) {
    (void)unused;
    for (int i = 0; i < 50; i++) {
        volatile uint64_t *word = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        word[0] = i;
        if (i % 2)
            moment();
        ok(munmap((void *)word, 4096), "munmap");
    }
    return NULL;
}

/* Pieces that threads map and unmap at the same time, often at the same addresses. */
static int threads(void) {
    pthread_t all[4];
    for (int i = 0; i < 4; i++)
        if (pthread_create(&all[i], NULL, comes_and_goes, NULL))
            return 96;
    for (int i = 0; i < 4; i++)
        pthread_join(all[i], NULL);
    maps("joined");
    return 0;
}

int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "";
    if (!strcmp(what, "named"))
        return named();
    if (!strcmp(what, "anonymous"))
        return anonymous(arguments[0]);
    if (!strcmp(what, "nothing")) {
        maps("nothing");
        return 0;
    }
    if (!strcmp(what, "windows"))
        return windows();
    if (!strcmp(what, "segment"))
        return segment();
    if (!strcmp(what, "threads"))
        return threads();
    if (!strcmp(what, "none"))
        return none();
    if (!strcmp(what, "graph") && count > 2)
        return graph(arguments[2]);
    if (!strcmp(what, "many") && count > 2)
        return many(atoi(arguments[2]));
    return 97;
}
