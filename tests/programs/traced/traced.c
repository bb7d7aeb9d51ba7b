/* Programs to trace. Each says on standard output what it did, one fact a line, so that a trace can be held against it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/futex.h>
#include <linux/sockios.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *what) {
    perror(what);
    exit(99);
}

static int ok(int value, const char *what) {
    if (value < 0)
        fail(what);
    return value;
}

/* Which descriptors this process has, without the one that the question takes. */
static void table(void) {
    char text[16384];
    int at = sprintf(text, "table %d", (int)getpid());
    for (int fd = 3; fd < 1200; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            at += sprintf(text + at, " %d", fd);
    puts(text);
    fflush(stdout);
}

static int story(void) {
    int p[2], s[2];
    printf("pid %d\n", (int)getpid());
    ok(pipe(p), "pipe");
    printf("pipe %d %d\n", p[0], p[1]);
    table();
    ok(socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
    printf("socketpair %d %d\n", s[0], s[1]);
    int copy = ok(fcntl(p[1], F_DUPFD_CLOEXEC, 20), "fcntl");
    printf("copy %d\n", copy);
    table();
    fflush(stdout);
    pid_t child = ok(fork(), "fork");
    if (child == 0) {
        char buffer[64];
        close(p[1]);
        close(copy);
        close(s[0]);
        int n = ok(read(p[0], buffer, sizeof buffer), "read");
        struct iovec out[2] = {{"child", 5}, {"-says", 5}};
        ok(writev(s[1], out, 2), "writev");
        n = ok(read(p[0], buffer, sizeof buffer), "read");
        _exit(n == 0 ? 7 : 8);
    }
    printf("child %d\n", (int)child);
    close(p[0]);
    close(s[1]);
    ok(write(p[1], "five!", 5), "write");
    char buffer[64];
    int n = ok(recv(s[0], buffer, sizeof buffer, 0), "recv");
    printf("received %.*s\n", n, buffer);
    ok(dup2(copy, p[1]), "dup2");
    close(copy);
    close(p[1]);
    table();
    int status;
    ok(waitpid(child, &status, 0), "waitpid");
    printf("status %d\n", WEXITSTATUS(status));
    fflush(stdout);
    return 3;
}

/* A descriptor travels in a message. */
static int rights(void) {
    int s[2], p[2];
    ok(socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
    ok(pipe(p), "pipe");
    char byte = 'r', control[CMSG_SPACE(sizeof(int))];
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &p[1], sizeof(int));
    ok(sendmsg(s[0], &message, 0), "sendmsg");
    printf("sent %d\n", p[1]);
    close(p[1]);
    ok(recvmsg(s[1], &message, 0), "recvmsg");
    int got;
    memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof got);
    printf("got %d\n", got);
    ok(write(got, "through", 7), "write");
    table();
    return 0;
}

/* What the kernel says of both ends of a connection: bytes that wait, whether what was sent takes memory, descriptors in flight. */
static void waits(int s[2]) {
    printf("waits");
    for (int i = 0; i < 2; i++) {
        int bytes, unsent, rights = -1;
        char path[64], line[256];
        ok(ioctl(s[i], FIONREAD, &bytes), "FIONREAD");
        ok(ioctl(s[i], SIOCOUTQ, &unsent), "SIOCOUTQ");
        sprintf(path, "/proc/self/fdinfo/%d", s[i]);
        FILE *info = fopen(path, "r");
        while (info && fgets(line, sizeof line, info))
            sscanf(line, "scm_fds: %d", &rights);
        if (info)
            fclose(info);
        printf(" %d %d %d", bytes, unsent != 0, rights);
    }
    puts("");
}

/* Send a byte with two descriptors. */
static void send_two(int s, int one, int other) {
    int both[2] = {one, other};
    char byte = 'd', control[CMSG_SPACE(sizeof both)];
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof both);
    memcpy(CMSG_DATA(header), both, sizeof both);
    ok(sendmsg(s, &message, 0), "sendmsg");
}

/* Bytes both ways, with and without descriptors; after each call what waits. */
static int ways(void) {
    int s[2];
    char bytes[64], control[256];
    ok(socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
    ok(write(s[0], "hello", 5), "write"), waits(s);
    ok(send(s[1], "back", 4, 0), "send"), waits(s);
    ok(read(s[1], bytes, 2), "read"), waits(s);
    send_two(s[0], s[0], s[1]), waits(s);
    ok(write(s[0], "more", 4), "write"), waits(s);
    ok(recv(s[0], bytes, 64, MSG_PEEK), "recv"), waits(s);
    ok(recv(s[0], bytes, 64, 0), "recv"), waits(s);
    ok(read(s[1], bytes, 3), "read"), waits(s);
    send_two(s[1], 1, 2), waits(s);
    struct iovec piece = {bytes, sizeof bytes};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control}};
    ok(recvmmsg(s[1], &message, 1, MSG_DONTWAIT, NULL), "recvmmsg"), waits(s);
    table();
    ok(recv(s[1], bytes, 64, 0), "recv"), waits(s);
    ok(read(s[0], bytes, 1), "read"), waits(s);
    return 0;
}

/* A write that fills the pipe and sleeps, while somebody holds the read end and does not read. */
static int full(void) {
    int p[2];
    static char much[70000];
    ok(pipe(p), "pipe");
    if (ok(fork(), "fork") == 0) {
        close(p[1]);
        pause();
    }
    close(p[0]);
    return write(p[1], much, sizeof much) < 0;
}

/* Calls on numbers that are not open. */
static int wrong(void) {
    int p[2];
    char byte;
    ok(pipe(p), "pipe");
    close(p[1]);
    int failed = write(p[1], "lost", 4) + (int)read(77, &byte, 1) + dup(77) + close(p[1]);
    struct pollfd one = {78, POLLIN, 0};
    return poll(&one, 1, 0) + failed;
}

/* Descriptors opened anew by their names. */
static int reopened(void) {
    int p[2];
    char name[64];
    ok(pipe(p), "pipe");
    sprintf(name, "/dev/fd/%d", p[0]);
    ok(open(name, O_RDONLY), "open");
    sprintf(name, "/proc/self/fd/%d", p[1]);
    ok(open(name, O_WRONLY), "open");
    close(p[1]);
    return 0;
}

/* A child sleeps where no call that is followed says so: at a word in memory; another at a lock of a file. */
static int asleep(const char *where) {
    int *word = mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int opened = open("/proc/self/exe", O_RDONLY);
    if (opened < 0 || word == MAP_FAILED)
        fail("prepare");
    ok(flock(opened, LOCK_EX), "flock");
    pid_t child = ok(fork(), "fork");
    if (child == 0) {
        int again = open("/proc/self/exe", O_RDONLY);
        if (!strcmp(where, "futex"))
            syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
        else
            flock(again, LOCK_EX);
    }
    return waitpid(child, NULL, 0) < 0;
}

/* A System V queue, there and back. */
static int letters(void) {
    struct {
        long type;
        char text[8];
    } letter = {3, "hello"};
    int queue = ok(msgget(IPC_PRIVATE, 0600), "msgget");
    ok(msgsnd(queue, &letter, 5, 0), "msgsnd");
    ok(msgrcv(queue, &letter, sizeof letter.text, 0, 0), "msgrcv");
    printf("queue %d\n", queue);
    return msgctl(queue, IPC_RMID, NULL) < 0;
}

/* A client connects, and is accepted after that. */
static int accepted(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    sprintf(name.sun_path + 1, "pipescope-accepted-%d", (int)getpid());
    int listener = ok(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), client = ok(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    ok(bind(listener, (struct sockaddr *)&name, sizeof name), "bind");
    ok(listen(listener, 4), "listen");
    ok(connect(client, (struct sockaddr *)&name, sizeof name), "connect");
    ok(accept(listener, NULL, NULL), "accept");
    return 0;
}

static int many(int count) {
    for (int i = 0; i < count; i++) {
        int p[2];
        ok(pipe(p), "pipe");
    }
    table();
    return 0;
}

static int (*ring)[2];
static void *hand_on(void *argument) {
    long i = (long)argument;
    char byte;
    ok(read(ring[i - 1][0], &byte, 1), "read");
    ok(write(ring[i][1], &byte, 1), "write");
    return NULL;
}

static int threads(int count) {
    pthread_t all[200];
    ring = calloc(count + 1, sizeof *ring);
    for (int i = 0; i <= count; i++)
        ok(pipe(ring[i]), "pipe");
    for (long i = 1; i <= count; i++)
        pthread_create(&all[i], NULL, hand_on, (void *)i);
    ok(write(ring[0][1], "t", 1), "write");
    char byte;
    ok(read(ring[count][0], &byte, 1), "read");
    for (int i = 1; i <= count; i++)
        pthread_join(all[i], NULL);
    printf("token %c\n", byte);
    return 0;
}

static int forks(int count) {
    int ended = 0;
    for (int i = 0; i < count; i++) {
        pid_t child = ok(fork(), "fork");
        if (child == 0)
            _exit(i % 100);
        int status;
        ok(waitpid(child, &status, 0), "waitpid");
        ended += WEXITSTATUS(status) == i % 100;
    }
    printf("ended %d\n", ended);
    return 0;
}

static void nothing(int signal) { (void)signal; }

/* A read that a signal interrupts, once to be told of and once to be made again; a stop in it; a real-time signal. */
static int signals(void) {
    int p[2], go[2];
    ok(pipe(p), "pipe");
    ok(pipe(go), "pipe");
    struct sigaction action = {.sa_handler = nothing};
    sigaction(SIGUSR1, &action, NULL);
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGRTMIN + 1, &action, NULL);
    pid_t parent = getpid(), child = ok(fork(), "fork");
    char byte;
    if (child == 0) {
        /* Each signal once the parent sleeps in its read. */
        int order[] = {SIGUSR1, SIGUSR2, SIGRTMIN + 1, SIGSTOP, SIGCONT};
        for (int i = 0; i < 5; i++) {
            char path[64], text[256] = "";
            snprintf(path, sizeof path, "/proc/%d/stat", parent);
            for (;;) {
                FILE *file = fopen(path, "r");
                size_t n = fread(text, 1, sizeof text - 1, file);
                text[n] = 0;
                fclose(file);
                char state = strrchr(text, ')')[2];
                if (state == 'S' || (order[i] == SIGCONT && (state == 'T' || state == 't')))
                    break;
                sched_yield();
            }
            kill(parent, order[i]);
            if (i == 0)
                ok(read(go[0], &byte, 1), "read");
        }
        ok(write(p[1], "z", 1), "write");
        _exit(0);
    }
    int n = read(p[0], &byte, 1);
    printf("first %s\n", n < 0 && errno == EINTR ? "EINTR" : "?");
    fflush(stdout);
    ok(write(go[1], "g", 1), "write");
    n = read(p[0], &byte, 1);
    printf("second %d %c\n", n, byte);
    int status;
    ok(waitpid(child, &status, 0), "waitpid");
    signal(SIGPIPE, SIG_IGN);
    close(p[0]);
    n = write(p[1], "x", 1);
    printf("third %s\n", n < 0 && errno == EPIPE ? "EPIPE" : "?");
    fflush(stdout);
    signal(SIGPIPE, SIG_DFL);
    ok(write(p[1], "x", 1), "write");
    return 1;
}

static void *run_echo(void *argument) {
    execlp("echo", "echo", "from a thread", (char *)NULL);
    return argument;
}

/* vfork, posix_spawn, and an exec by a thread that is not the first. */
static int programs(void) {
    int p[2];
    ok(pipe2(p, O_CLOEXEC), "pipe2");
    pid_t child = vfork();
    if (child == 0) {
        dup2(p[1], 1);
        execlp("echo", "echo", "from vfork", (char *)NULL);
        _exit(9);
    }
    close(p[1]);
    char buffer[64];
    int n = ok(read(p[0], buffer, sizeof buffer), "read");
    printf("%.*s", n, buffer);
    int status;
    ok(waitpid(child, &status, 0), "waitpid");
    char *argv[] = {"sh", "-c", "kill -9 $$", NULL};
    posix_spawnp(&child, "sh", NULL, NULL, argv, environ);
    ok(waitpid(child, &status, 0), "waitpid");
    printf("killed %d\n", WTERMSIG(status));
    fflush(stdout);
    pthread_t thread;
    pthread_create(&thread, NULL, run_echo, NULL);
    for (;;)
        pause();
}

static int use_one_table(void *argument) {
    int *p = argument;
    close(p[0]);
    ok(dup2(p[1], 30), "dup2");
    return 0;
}

/* Two processes with one table: what one does the other has done. */
static int sharing(void) {
    static char stack[1 << 16] __attribute__((aligned(16)));
    int p[2], status;
    ok(pipe(p), "pipe");
    pid_t child = ok(clone(use_one_table, stack + sizeof stack, CLONE_FILES | SIGCHLD, p), "clone");
    ok(waitpid(child, &status, 0), "waitpid");
    ok(write(2, "", 0), "write");
    table();
    close(30);
    table();
    return 0;
}

/* The end of file never comes: the reader holds a write end itself. */
static int hang(void) {
    int p[2];
    ok(pipe(p), "pipe");
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    if (ok(fork(), "fork") == 0) {
        if (setsid() < 0)
            _exit(1);
        char byte;
        for (;;)
            ok(read(p[0], &byte, 1), "read");
    }
    char byte;
    return read(p[0], &byte, 1);
}

/* So many bytes go through a pipe. */
static int flood(long total) {
    int p[2];
    ok(pipe(p), "pipe");
    static char block[1 << 16];
    if (ok(fork(), "fork") == 0) {
        close(p[0]);
        for (long left = total; left > 0; left -= sizeof block)
            for (size_t n = 0; n < sizeof block;)
                n += ok(write(p[1], block + n, sizeof block - n), "write");
        _exit(0);
    }
    close(p[1]);
    long sum = 0;
    int n;
    while ((n = ok(read(p[0], block, sizeof block), "read")) > 0)
        sum += n;
    printf("bytes %ld\n", sum);
    return 0;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    int number = argc > 2 ? atoi(argv[2]) : 0;
    if (!strcmp(what, "debugged")) return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM ? 0 : 1;
    if (!strcmp(what, "story")) return story();
    if (!strcmp(what, "rights")) return rights();
    if (!strcmp(what, "ways")) return ways();
    if (!strcmp(what, "full")) return full();
    if (!strcmp(what, "wrong")) return wrong();
    if (!strcmp(what, "reopened")) return reopened();
    if (!strcmp(what, "asleep")) return asleep(argv[2]);
    if (!strcmp(what, "letters")) return letters();
    if (!strcmp(what, "accepted")) return accepted();
    if (!strcmp(what, "many")) return many(number);
    if (!strcmp(what, "threads")) return threads(number);
    if (!strcmp(what, "forks")) return forks(number);
    if (!strcmp(what, "signals")) return signals();
    if (!strcmp(what, "programs")) return programs();
    if (!strcmp(what, "sharing")) return sharing();
    if (!strcmp(what, "hang")) return hang();
    if (!strcmp(what, "flood")) return flood(atol(argv[2]));
    return 2;
}
