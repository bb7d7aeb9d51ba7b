/* Programs that hang where it is not plain who would wake them, or what would have. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "hangs.h"

static char byte;

/* The textbook case: neither closed its write end, and the parent waits for the child. */
static void both_keep(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); read(p[0], &byte, 1); _exit(0); }
    say2("parent", getpid(), "child", child);
    wait(NULL);
}

/* The parent has a write end of what it should have read before it waited. */
static void keeps_what_it_reads(void) {
    static char bulk[70000];
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(p[0]); if (write(p[1], bulk, sizeof bulk) < 0) _exit(1); _exit(0); }
    say2("parent", getpid(), "child", child);
    wait(NULL);
}

/* A filter passes on what it gets; whoever started it writes all before it reads. */
static void filter(void) {
    static char bulk[4096];
    int to[2], from[2];
    if (pipe(to) || pipe(from)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        close(to[1]); close(from[0]);
        for (;;) {
            ssize_t n = read(to[0], bulk, sizeof bulk);
            if (n <= 0 || write(from[1], bulk, n) < 0) _exit(0);
        }
    }
    close(to[0]); close(from[1]);
    say2("parent", getpid(), "child", child);
    while (write(to[1], bulk, sizeof bulk) > 0);
}

static void datagrams(int gone) {
    int s[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(s[0]); recv(s[1], &byte, 1, 0); _exit(0); }
    close(s[1]);
    if (gone) close(s[0]);
    say2("parent", getpid(), "receiver", child);
    forever();
}

/* Two hold a lock for reading, by open file descriptions of their own; a third wants it alone. */
static void shared_lock(const char *path) {
    int ready[2];
    if (pipe(ready) || close(open(path, O_CREAT | O_RDWR, 0600))) exit(3);
    pid_t reader[2];
    for (int i = 0; i < 2; i++) {
        reader[i] = fork();
        if (reader[i] == 0) {
            quiet();
            flock(open(path, O_RDWR), LOCK_SH);
            write(ready[1], "x", 1);
            close(ready[0]); close(ready[1]);
            forever();
        }
    }
    for (int i = 0; i < 2; i++) read(ready[0], &byte, 1);
    close(ready[0]); close(ready[1]);
    char line[100];
    snprintf(line, sizeof line, "waiter %d one %d other %d\n", getpid(), reader[0], reader[1]);
    say(line);
    flock(open(path, O_RDWR), LOCK_EX);
}

/* It waits for itself: two open file descriptions of one file. */
static void own_lock(const char *path) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int one = open(path, O_RDWR | O_CREAT, 0600), other = open(path, O_RDWR);
    if (fcntl(one, F_OFD_SETLKW, &whole)) exit(3);
    say2("waiter", getpid(), "waiter", getpid());
    fcntl(other, F_OFD_SETLKW, &whole);
}

static int own[2];
static void wakes(int signal) { if (write(own[1], "x", 1) < 0) _exit(1); }

/* A signal that is to come wakes it by its own pipe: of an alarm, of a timer, or of a child that ends. Far off, for the test. */
static void signals(const char *kind) {
    if (pipe(own)) exit(3);
    if (!strcmp(kind, "alarm")) { signal(SIGALRM, wakes); alarm(3600); }
    if (!strcmp(kind, "timer")) {
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
        struct itimerspec when = {.it_value = {3600, 0}};
        timer_t timer;
        signal(SIGUSR1, wakes);
        if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &when, NULL)) exit(3);
    }
    if (!strcmp(kind, "child")) {
        signal(SIGCHLD, wakes);
        if (fork() == 0) { quiet(); close(own[0]); close(own[1]); sleep(3600); _exit(0); }
    }
    say2("reader", getpid(), "reader", getpid());
    read(own[0], &byte, 1);
}

/* Two processes, each waits for what the other has not posted, and nobody else has that memory. */
static void semaphores(void) {
    sem_t *both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sem_init(both, 1, 0);
    sem_init(both + 1, 1, 0);
    pid_t child = fork();
    if (child == 0) { quiet(); sem_wait(both); sem_post(both + 1); _exit(0); }
    say2("parent", getpid(), "child", child);
    sem_wait(both + 1);
}

static void unlinked(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    int l = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(l, (struct sockaddr *)&at, sizeof at) || listen(l, 4)) exit(3);
    unlink(path);
    say2("server", getpid(), "server", getpid());
    accept(l, NULL, NULL);
}

void woken(const char *name, const char *path) {
    if (!strcmp(name, "both-keep")) both_keep();
    if (!strcmp(name, "keeps-what-it-reads")) keeps_what_it_reads();
    if (!strcmp(name, "filter")) filter();
    if (!strcmp(name, "datagrams")) datagrams(0);
    if (!strcmp(name, "datagrams-gone")) datagrams(1);
    if (!strcmp(name, "shared-lock")) shared_lock(path);
    if (!strcmp(name, "own-lock")) own_lock(path);
    if (!strncmp(name, "signal-", 7)) signals(name + 7);
    if (!strcmp(name, "semaphores")) semaphores();
    if (!strcmp(name, "unlinked")) unlinked(path);
}
