/* System V queues and semaphores, one story a name: `system_v NAME FILE`. Each prints what /proc/sysvipc and semctl say of them at points
   of its story. What it makes is noted in the file, and `system_v remover FILE`, which nobody traces, removes it afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct letter {
    long type;
    char text[64];
};

static void fail(const char *what) {
    perror(what);
    exit(9);
}

static int ok(long value, const char *what) {
    if (value < 0)
        fail(what);
    return (int)value;
}

/* The row of an identifier in one of the tables, without the key: `40 600 5 1 ...` */
static void row(const char *table, int id) {
    char path[64], line[512];
    sprintf(path, "/proc/sysvipc/%s", table);
    FILE *file = fopen(path, "r");
    if (!file)
        fail(path);
    while (fgets(line, sizeof line, file)) {
        long key;
        int found, at = 0;
        if (sscanf(line, "%ld %d%n", &key, &found, &at) == 2 && found == id)
            printf("%s %ld %d %s", table, key, id, line + at);
    }
    fclose(file);
    fflush(stdout);
}

static void message(int queue, long type, const char *text) {
    struct letter letter = {.type = type};
    strcpy(letter.text, text);
    ok(msgsnd(queue, &letter, strlen(text), 0), "msgsnd");
}

static long take(int queue, long type, int flags) {
    struct letter letter;
    return msgrcv(queue, &letter, sizeof letter.text, type, flags);
}

static void change(int set, int number, int by, int flags) {
    struct sembuf one = {(unsigned short)number, (short)by, (short)flags};
    ok(semop(set, &one, 1), "semop");
}

/* What is made is noted in a file, for whoever removes it when the story is over, however it ended. */
static const char *noted;

static int made(const char *kind, int id) {
    char line[32];
    int file = ok(open(noted, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), noted);
    int length = sprintf(line, "%s %d\n", kind, id);
    if (write(file, line, length) != length)
        fail(noted);
    close(file);
    printf("%s %d\n", kind[0] == 'm' ? "queue" : "set", id);
    fflush(stdout);
    return id;
}

/* No other run of this has it at the same time. */
static key_t own_key(void) {
    return 0x50000000 + getpid();
}

static int new_queue(key_t key) {
    return made("msg", ok(msgget(key, IPC_CREAT | 0600), "msgget"));
}

/* Until its input ends, which it does with the test; then all that was noted is removed. */
static int remover(void) {
    char kind[8], byte;
    int id;
    setsid();
    while (read(0, &byte, 1) > 0) {
    }
    FILE *file = fopen(noted, "r");
    while (file && fscanf(file, "%7s %d", kind, &id) == 2) {
        if (kind[0] == 'm')
            msgctl(id, IPC_RMID, NULL);
        else
            semctl(id, 0, IPC_RMID);
    }
    return 0;
}

/* A child that has nothing to do but to call what it sleeps in. */
static void until_asleep(pid_t child) {
    char path[64], line[512];
    struct timespec nap = {0, 2000000};
    sprintf(path, "/proc/%d/stat", (int)child);
    for (int i = 0; i < 5000; i++) {
        FILE *file = fopen(path, "r");
        if (!file || !fgets(line, sizeof line, file))
            fail(path);
        fclose(file);
        char *behind = strrchr(line, ')');
        if (behind && behind[2] == 'S')
            return;
        nanosleep(&nap, NULL);
    }
    fail("nobody sleeps");
}

static int reaped(pid_t child) {
    int status;
    ok(waitpid(child, &status, 0), "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

/* A child waits for a type of which there is no message, while another message waits; then it gets its own, and the parent the rest. */
static int post(void) {
    int queue = new_queue(own_key());
    row("msg", queue);
    message(queue, 1, "for nobody yet");
    row("msg", queue);
    pid_t child = ok(fork(), "fork");
    if (child == 0)
        _exit(take(queue, 2, 0) == 5 ? 7 : 8);
    until_asleep(child);
    message(queue, 2, "hello");
    int code = reaped(child);
    row("msg", queue);
    message(queue, 1, "a second, longer than what is taken of it");
    row("msg", queue);
    ok(take(queue, -1, 0), "msgrcv");
    struct letter part;
    printf("part %ld\n", (long)msgrcv(queue, &part, 8, 0, MSG_NOERROR));
    row("msg", queue);
    ok(msgctl(queue, IPC_RMID, NULL), "msgctl");
    return code;
}

/* Two children each send one, and end; nobody removes the queue. */
static int left(void) {
    int queue = new_queue(IPC_PRIVATE);
    for (int i = 1; i <= 2; i++) {
        pid_t child = ok(fork(), "fork");
        if (child == 0) {
            message(queue, i, i == 1 ? "one" : "two");
            _exit(0);
        }
        reaped(child);
    }
    row("msg", queue);
    return 0;
}

/* The queue takes 16 bytes: a child waits for room until the parent has received. */
static int full(void) {
    struct msqid_ds how;
    int queue = new_queue(IPC_PRIVATE);
    ok(msgctl(queue, IPC_STAT, &how), "msgctl");
    how.msg_qbytes = 16;
    ok(msgctl(queue, IPC_SET, &how), "msgctl");
    message(queue, 1, "fills it up, all");
    pid_t child = ok(fork(), "fork");
    if (child == 0) {
        message(queue, 2, "more");
        _exit(0);
    }
    until_asleep(child);
    row("msg", queue);
    ok(take(queue, 0, 0), "msgrcv");
    int code = reaped(child);
    row("msg", queue);
    ok(msgctl(queue, IPC_RMID, NULL), "msgctl");
    return code;
}

/* A child sleeps in a queue that is removed. */
static int removed(void) {
    int queue = new_queue(IPC_PRIVATE);
    pid_t child = ok(fork(), "fork");
    if (child == 0)
        _exit(take(queue, 0, 0) < 0 && errno == EIDRM ? 7 : 8);
    until_asleep(child);
    ok(msgctl(queue, IPC_RMID, NULL), "msgctl");
    return reaped(child);
}

/* A queue that somebody else has made: take the first of its messages. */
static const char *visited;

static int visit(void) {
    ok(take(atoi(visited), 0, 0), "msgrcv");
    return 0;
}

static void values(int set, int count) {
    printf("values");
    for (int i = 0; i < count; i++)
        printf(" %d", ok(semctl(set, i, GETVAL), "semctl"));
    printf("\n");
    fflush(stdout);
}

/* A child wants both of two semaphores, of which one is 0, and gets them; it ends with one taken under SEM_UNDO, and one not. */
static int semaphores(void) {
    unsigned short all[2] = {1, 0};
    int set = made("sem", ok(semget(own_key(), 2, IPC_CREAT | 0600), "semget"));
    ok(semctl(set, 0, SETALL, all), "semctl");
    values(set, 2);
    pid_t child = ok(fork(), "fork");
    if (child == 0) {
        struct sembuf both[2] = {{0, -1, SEM_UNDO}, {1, -2, 0}};
        ok(semop(set, both, 2), "semop");
        _exit(7);
    }
    until_asleep(child);
    change(set, 1, 1, 0);
    values(set, 2);
    change(set, 1, 2, 0);
    int code = reaped(child);
    values(set, 2);
    return code;
}

/* What its own maker may change and not read. */
static int denied(void) {
    int queue = made("msg", ok(msgget(IPC_PRIVATE, 0200), "msgget"));
    int set = made("sem", ok(semget(IPC_PRIVATE, 3, 0200), "semget"));
    message(queue, 1, "sealed");
    change(set, 0, 1, 0);
    ok(msgctl(queue, IPC_RMID, NULL), "msgctl");
    ok(semctl(set, 0, IPC_RMID), "semctl");
    return 0;
}

/* A child of its own ends while it sleeps: of that signal nobody is told who does not ask for it, unless somebody traces. */
static int woken(void) {
    int set = made("sem", ok(semget(IPC_PRIVATE, 1, 0600), "semget"));
    struct sembuf down = {0, -1, 0};
    struct timespec limit = {10, 0};
    if (ok(fork(), "fork") == 0) {
        until_asleep(getppid());
        _exit(0);
    }
    int failed = semtimedop(set, &down, 1, &limit) < 0 ? errno : 0;
    ok(semctl(set, 0, IPC_RMID), "semctl");
    return failed == EINTR ? 7 : 8;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*tell)(void);
    } stories[] = {{"remover", remover}, {"post", post},       {"left", left},
                   {"full", full},       {"removed", removed}, {"semaphores", semaphores},
                   {"visit", visit},     {"denied", denied},   {"woken", woken}};
    if (argc < 3)
        return 2;
    noted = argv[2];
    visited = argv[3];
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        if (!strcmp(argv[1], stories[i].name))
            return stories[i].tell();
    return 2;
}
