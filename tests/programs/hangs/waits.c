/* Waits of other kinds than a read or a write: at several descriptors at once, for a child to stop, for a timer that nobody has set. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hangs.h"

static char byte;

static void pipes(int a[2], int b[2]) {
    if (pipe(a) || pipe(b)) exit(3);
}

/* The child reads a; the parent has the write end of a, and the read end of b, of which the child has the other. */
static pid_t child_of(int a[2], int b[2]) {
    pid_t child = fork();
    if (child == 0) { quiet(); close(a[1]); close(b[0]); read(a[0], &byte, 1); _exit(0); }
    close(a[0]); close(b[1]);
    return child;
}

/* Each waits for the other; the parent in select, for at the most so many seconds; for ever: 0. */
static void selects(int seconds) {
    int a[2], b[2];
    struct timeval limit = {.tv_sec = seconds};
    fd_set reads, exceptions;
    pipes(a, b);
    pid_t child = child_of(a, b);
    FD_ZERO(&reads);
    FD_ZERO(&exceptions);
    FD_SET(b[0], &reads);
    FD_SET(a[1], &exceptions);
    say2("parent", getpid(), "child", child);
    select(FD_SETSIZE, &reads, NULL, &exceptions, seconds ? &limit : NULL);
}

/* Waits in pselect for room in a pipe that nobody reads. */
static void selects_room(void) {
    int p[2];
    fd_set writes;
    if (pipe2(p, O_NONBLOCK)) exit(3);
    while (write(p[1], &byte, 1) == 1);
    pid_t child = fork();
    if (child == 0) { quiet(); close(p[1]); forever(); }
    close(p[0]);
    FD_ZERO(&writes);
    FD_SET(p[1], &writes);
    say2("parent", getpid(), "child", child);
    pselect(p[1] + 1, NULL, &writes, NULL, NULL, NULL);
}

/* Each waits for the other; the parent in poll. Beside them one sleeps in a nap, and one for a word in memory, until a time; all are
   stopped for a moment. */
static void taken_up_again(void) {
    int a[2], b[2];
    pipes(a, b);
    pid_t child = child_of(a, b), nap = fork(), waiter = nap ? fork() : 0;
    struct timespec long_time = {.tv_sec = 100000};
    if (nap == 0) { quiet(); close(a[1]); close(b[0]); nanosleep(&long_time, NULL); _exit(0); }
    if (waiter == 0) {
        static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
        quiet();
        close(a[1]); close(b[0]);
        long_time.tv_sec += time(NULL);
        pthread_mutex_lock(&mutex);
        pthread_cond_timedwait(&cond, &mutex, &long_time);
        _exit(0);
    }
    char line[100];
    snprintf(line, sizeof line, "parent %d child %d nap %d waiter %d\n", getpid(), child, nap, waiter);
    say(line);
    poll(&(struct pollfd){.fd = b[0], .events = POLLIN}, 1, -1);
}

static void watch(int epoll, int fd, unsigned events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) exit(3);
}

/* Each waits for the other; the parent in epoll, at its end for writing too, for both directions and their edges, as Go does. */
static void edges(void) {
    int a[2], b[2], epoll = epoll_create1(0);
    struct epoll_event event;
    pipes(a, b);
    pid_t child = child_of(a, b);
    watch(epoll, a[1], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    watch(epoll, b[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    say2("parent", getpid(), "child", child);
    /* That there is room it hears once. */
    for (;;) epoll_wait(epoll, &event, 1, -1);
}

/* The same through an epoll instance that is watched by another. */
static void nested(void) {
    int a[2], b[2], inner = epoll_create1(0), outer = epoll_create1(0);
    struct epoll_event event;
    pipes(a, b);
    pid_t child = child_of(a, b);
    watch(inner, b[0], EPOLLIN);
    watch(outer, inner, EPOLLIN);
    say2("parent", getpid(), "child", child);
    epoll_wait(outer, &event, 1, -1);
}

static int own_pipe[2];
static void *reads(void *none) { read(own_pipe[0], &byte, 1); return NULL; }

/* The first thread has ended; another waits for the end of file, and the process has the write end. A child has it too. */
static void first_thread_gone(void) {
    pthread_t thread;
    if (pipe(own_pipe)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(own_pipe[0]); forever(); }
    say2("parent", getpid(), "child", child);
    pthread_create(&thread, NULL, reads, NULL);
    pthread_exit(NULL);
}

/* Parent and child wait for each other; the child's first thread has ended. */
static void first_thread_of_a_circle_gone(void) {
    int b[2];
    pthread_t thread;
    pipes(own_pipe, b);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        close(own_pipe[1]); close(b[0]);
        pthread_create(&thread, NULL, reads, NULL);
        pthread_exit(NULL);
    }
    close(own_pipe[0]); close(b[1]);
    say2("parent", getpid(), "child", child);
    read(b[0], &byte, 1);
}

/* Opens, for writing, a file that a child has a lease on. */
static void breaks_a_lease(const char *path) {
    int file = open(path, O_CREAT | O_RDONLY, 0600), told[2];
    close(file);
    if (pipe(told)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        close(told[0]);
        signal(SIGIO, SIG_IGN);
        file = open(path, O_RDONLY);
        if (fcntl(file, F_SETLEASE, F_RDLCK)) _exit(1);
        write(told[1], &byte, 1);
        forever();
    }
    close(told[1]);
    if (read(told[0], &byte, 1) != 1) exit(3);
    close(told[0]);
    say2("parent", getpid(), "child", child);
    open(path, O_WRONLY);
    forever();
}

/* Waits for a timer; set: for one that comes. */
static void timer(int set) {
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec time = {.it_value = {.tv_sec = 100000}};
    char count[8];
    if (set && timerfd_settime(timer, 0, &time, NULL)) exit(3);
    say2("parent", getpid(), "parent", getpid());
    read(timer, count, sizeof count);
}

/* Waits for a child to be stopped: as well as to end, or that alone. */
static void waits_for_a_stop(int alone) {
    siginfo_t how;
    pid_t child = fork();
    if (child == 0) { quiet(); forever(); }
    say2("parent", getpid(), "child", child);
    if (alone) waitid(P_PID, child, &how, WSTOPPED);
    else waitpid(child, NULL, WUNTRACED);
}

static void *named(void *name) {
    pthread_setname_np(pthread_self(), name);
    return reads(NULL);
}

/* The first thread waits for another to end, which has a name of its own. */
static void names(void) {
    pthread_t first;
    if (pipe(own_pipe)) exit(3);
    say2("parent", getpid(), "parent", getpid());
    pthread_create(&first, NULL, named, "worker of jobs");
    pthread_join(first, NULL);
}

/* A child waits for input at a terminal, or for room there; its parent has the master, and waits for the child. Another child has a
   terminal that is its own alone. */
static void at_a_terminal(int writes) {
    static char bulk[1 << 20];
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
        close(master);
        if (writes) write(terminal, bulk, sizeof bulk);
        else read(terminal, &byte, 1);
        _exit(0);
    }
    pid_t other = fork();
    if (other == 0) {
        quiet();
        close(master);
        int own = posix_openpt(O_RDWR | O_NOCTTY);
        if (own < 0 || grantpt(own) || unlockpt(own)) _exit(3);
        read(open(ptsname(own), O_RDWR | O_NOCTTY), &byte, 1);
        _exit(0);
    }
    char line[100];
    snprintf(line, sizeof line, "parent %d child %d other %d\n", getpid(), child, other);
    say(line);
    waitpid(child, NULL, 0);
}

/* Has the master of a terminal, and reads what a child does not write there. */
static void reads_a_master(void) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); open(ptsname(master), O_RDWR | O_NOCTTY); close(master); forever(); }
    say2("parent", getpid(), "child", child);
    read(master, &byte, 1);
}

void waits(const char *name, const char *path) {
    if (!strcmp(name, "select")) selects(0);
    if (!strcmp(name, "select-limited")) selects(100000);
    if (!strcmp(name, "select-room")) selects_room();
    if (!strcmp(name, "first-thread-gone")) first_thread_gone();
    if (!strcmp(name, "first-thread-of-a-circle-gone")) first_thread_of_a_circle_gone();
    if (!strcmp(name, "taken-up-again")) taken_up_again();
    if (!strcmp(name, "breaks-a-lease")) breaks_a_lease(path);
    if (!strcmp(name, "timer")) timer(1);
    if (!strcmp(name, "timer-not-set")) timer(0);
    if (!strcmp(name, "for-a-stop")) waits_for_a_stop(1);
    if (!strcmp(name, "for-a-stop-or-end")) waits_for_a_stop(0);
    if (!strcmp(name, "names")) names();
    if (!strcmp(name, "terminal")) at_a_terminal(0);
    if (!strcmp(name, "terminal-full")) at_a_terminal(1);
    if (!strcmp(name, "master")) reads_a_master();
    if (!strcmp(name, "edges")) edges();
    if (!strcmp(name, "nested-epoll")) nested();
}
