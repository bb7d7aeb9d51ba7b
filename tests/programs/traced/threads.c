/* Programs of several threads, to be traced: which of them makes its call first, and what each sleeps in. */

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 200 };

static int ends[2];
static volatile long reader_tid;
static pthread_barrier_t all_are_there;

static void *write_one(void *letter) {
    pthread_barrier_wait(&all_are_there);
    if (write(ends[1], letter, 1) != 1) _exit(1);
    return NULL;
}

/* Two threads write to one pipe, and nobody orders them. */
static int race(void) {
    pthread_t a, b;
    char got[2];
    pthread_barrier_init(&all_are_there, NULL, 2);
    pthread_create(&a, NULL, write_one, "a");
    pthread_create(&b, NULL, write_one, "b");
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    if (read(ends[0], got, 2) != 2) return 1;
    printf("the order was %.2s\n", got);
    return 7;
}

static void *read_one(void *unused) {
    (void)unused;
    char byte;
    reader_tid = syscall(SYS_gettid);
    printf("reader %ld\n", reader_tid);
    fflush(stdout);
    if (read(ends[0], &byte, 1) < 0) _exit(1);
    return NULL;
}

/* One thread sleeps in a read, as long as the other reads what is typed. */
static int asleep(void) {
    pthread_t reader;
    char line[64];
    pthread_create(&reader, NULL, read_one, NULL);
    while (fgets(line, sizeof line, stdin)) {
        printf("it said %s", line);
        fflush(stdout);
    }
    if (write(ends[1], "x", 1) != 1) return 1;
    pthread_join(reader, NULL);
    puts("the reader has ended");
    return 0;
}

/* As many threads as are asked for, all of which write; every other is asleep in a read before. */
static void *read_or_write(void *number) {
    char byte = '.';
    pthread_barrier_wait(&all_are_there);
    if ((long)number % 2 == 1 && read(ends[0], &byte, 1) != 1) _exit(1);
    if (write(ends[1], &byte, 1) != 1) _exit(1);
    return NULL;
}

static int many(int count) {
    pthread_t all[MOST];
    if (count > MOST) return 2;
    pthread_barrier_init(&all_are_there, NULL, (unsigned)count);
    for (long i = 0; i < count; i++) pthread_create(&all[i], NULL, read_or_write, (void *)i);
    for (int i = 0; i < count; i++) pthread_join(all[i], NULL);
    printf("all %d have ended\n", count);
    return 0;
}

/* A thread reads from a pipe whose only write end is its own process's, which waits for the thread. */
static int hang(void) {
    pthread_t reader;
    pthread_create(&reader, NULL, read_one, NULL);
    pthread_join(reader, NULL);
    return 0;
}

/* The same, and the main thread goes to sleep long after the other: it computes until that sleeps. */
static int late(void) {
    pthread_t reader;
    char path[64] = "", letter = 'R';
    pthread_create(&reader, NULL, read_one, NULL);
    while (!reader_tid) sched_yield();
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", reader_tid);
    for (int slept = 0; slept < 300;) {
        FILE *stat = fopen(path, "r");
        if (!stat || fscanf(stat, "%*d %*s %c", &letter) != 1) return 1;
        fclose(stat);
        slept = letter == 'S' ? slept + 1 : 0;
        usleep(1000);
    }
    pthread_join(reader, NULL);
    return 0;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (pipe(ends) != 0) return 2;
    if (!strcmp(what, "race")) return race();
    if (!strcmp(what, "asleep")) return asleep();
    if (!strcmp(what, "many")) return many(argc > 2 ? atoi(argv[2]) : 100);
    if (!strcmp(what, "hang")) return hang();
    if (!strcmp(what, "late")) return late();
    return 2;
}
