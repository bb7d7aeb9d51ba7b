/* Programs to step through: what they print depends on who goes first, and on what is typed. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two children write a letter each; the order is nobody's but the scheduler's. */
static int race(void) {
    int p[2];
    char both[3] = {0};
    if (pipe(p)) return 99;
    for (const char *letter = "ab"; *letter; letter++)
        if (fork() == 0) {
            if (write(p[1], letter, 1) != 1) _exit(99);
            _exit(0);
        }
    wait(NULL);
    wait(NULL);
    if (read(p[0], both, 2) != 2) return 99;
    printf("the order was %s\n", both);
    return 7;
}

/* What is typed goes through a pipe, until end of file. */
static int ask(void) {
    int p[2];
    char line[100], back[100];
    if (pipe(p)) return 99;
    printf("terminal %d, foreground %d, leader %d\n", isatty(0) && isatty(1) && isatty(2), tcgetpgrp(0) == getpid(),
           getsid(0) == getpid());
    while (printf("say> "), fflush(stdout), fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (write(p[1], line, strlen(line)) < 0) return 99;
        int n = (int)read(p[0], back, sizeof back);
        printf("it said <%.*s>\n", n, back);
    }
    puts("the end of what was typed");
    return 0;
}

/* A child that outlives its parent, as those of a shell's background jobs do. */
static int orphan(void) {
    int p[2];
    char byte;
    if (pipe(p)) return 99;
    if (fork() == 0) {
        close(p[1]);
        /* It returns when the parent has ended. */
        if (read(p[0], &byte, 1)) return 99;
        puts("the orphan lives");
        return 0;
    }
    return 3;
}

/* Nobody reads: the write ends it, as nothing is done about SIGPIPE. */
static int late(void) {
    int p[2];
    if (pipe(p)) return 99;
    close(p[0]);
    return write(p[1], "late", 4) < 0 ? 98 : 97;
}

/* More than a pipe can hold, read page by page. */
static int flood(void) {
    int p[2];
    static char much[200000], page[4096];
    if (pipe(p)) return 99;
    if (fork() == 0) {
        close(p[1]);
        while (read(p[0], page, sizeof page) > 0)
            ;
        _exit(0);
    }
    close(p[0]);
    return write(p[1], much, sizeof much) == sizeof much ? 0 : 99;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "race")) return race();
    if (!strcmp(what, "ask")) return ask();
    if (!strcmp(what, "late")) return late();
    if (!strcmp(what, "flood")) return flood();
    if (!strcmp(what, "orphan")) return orphan();
    return 2;
}
