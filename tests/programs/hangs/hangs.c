/* Programs that hang, one a name: `hangs NAME [PATH]`. Each prints one line that says which processes it is made of, `name pid` pairs, and
   then hangs in the way of its name. They end with their process group, which the test kills. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hangs.h"

static char byte;

void say(const char *line) {
    if (write(1, line, strlen(line)) < 0) _exit(3);
    /* The test's pipe is not to be part of the picture. */
    int null = open("/dev/null", O_RDWR);
    dup2(null, 1);
    dup2(null, 2);
    if (null > 2) close(null);
}

void forever(void) { for (;;) pause(); }

void say2(const char *a, pid_t p, const char *b, pid_t q) {
    char line[100];
    snprintf(line, sizeof line, "%s %d %s %d\n", a, p, b, q);
    say(line);
}

void quiet(void) {
    int null = open("/dev/null", O_RDWR);
    dup2(null, 1);
    dup2(null, 2);
    if (null > 2) close(null);
}

/* The child keeps the write end that it waits on. */
static void own_end(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); read(p[0], &byte, 1); _exit(0); }
    close(p[0]); close(p[1]);
    say2("parent", getpid(), "reader", child);
    wait(NULL);
}

/* Three hold the write end: the parent, which waits, a sibling, and the reader itself. */
static void three_holders(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t reader = fork();
    if (reader == 0) { quiet(); close(p[1]); read(p[0], &byte, 1); _exit(0); }
    pid_t sibling = fork();
    if (sibling == 0) { quiet(); close(p[0]); forever(); }
    close(p[0]);
    say2("sibling", sibling, "reader", reader);
    waitpid(reader, NULL, 0);
}

/* The parent waits for a child that cannot write all it has. */
static void wait_before_read(void) {
    int p[2];
    if (pipe(p)) exit(3);
    static char bulk[70000];
    pid_t child = fork();
    if (child == 0) { quiet(); close(p[0]); if (write(p[1], bulk, sizeof bulk) < 0) _exit(1); _exit(0); }
    close(p[1]);
    say2("parent", getpid(), "writer", child);
    waitpid(child, NULL, 0);
}

/* Two processes, each reads what the other has not sent. */
static void crossed_reads(void) {
    int a[2], b[2];
    if (pipe(a) || pipe(b)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(a[1]); close(b[0]); read(a[0], &byte, 1); _exit(0); }
    close(a[0]); close(b[1]);
    say2("parent", getpid(), "child", child);
    read(b[0], &byte, 1);
}

static void crossed_sockets(void) {
    int s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(s[0]); recv(s[1], &byte, 1, 0); _exit(0); }
    close(s[1]);
    say2("parent", getpid(), "child", child);
    recv(s[0], &byte, 1, 0);
}

/* The other end of a socketpair was kept by the one that receives. */
static void own_socket(void) {
    int s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s)) exit(3);
    char line[40];
    snprintf(line, sizeof line, "receiver %d\n", getpid());
    say(line);
    recv(s[0], &byte, 1, 0);
}

/* Both send and nobody receives. */
static void crossed_sends(void) {
    int s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s)) exit(3);
    static char bulk[1 << 20];
    pid_t child = fork();
    if (child == 0) { quiet(); close(s[0]); while (send(s[1], bulk, sizeof bulk, 0) > 0); _exit(0); }
    close(s[1]);
    say2("parent", getpid(), "child", child);
    while (send(s[0], bulk, sizeof bulk, 0) > 0);
}

static void not_accepted(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    int l = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(l, (struct sockaddr *)&at, sizeof at) || listen(l, 4)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        close(l);
        int c = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(c, (struct sockaddr *)&at, sizeof at)) _exit(1);
        read(c, &byte, 1);
        _exit(0);
    }
    say2("server", getpid(), "client", child);
    forever();
}

/* The backlog is full: connect itself waits. */
static void backlog_full(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    int l = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(l, (struct sockaddr *)&at, sizeof at) || listen(l, 0)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        close(l);
        for (;;) {
            int c = socket(AF_UNIX, SOCK_STREAM, 0);
            if (connect(c, (struct sockaddr *)&at, sizeof at)) _exit(1);
        }
    }
    say2("server", getpid(), "client", child);
    forever();
}

/* Each opens first the FIFO that the other opens second. */
static void crossed_fifos(const char *path) {
    char a[200], b[200];
    snprintf(a, sizeof a, "%s.a", path);
    snprintf(b, sizeof b, "%s.b", path);
    if (mkfifo(a, 0600) || mkfifo(b, 0600)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); open(b, O_RDONLY); open(a, O_WRONLY); _exit(0); }
    say2("parent", getpid(), "child", child);
    open(a, O_RDONLY);
    open(b, O_WRONLY);
}

static void fifo_open(const char *path) {
    if (mkfifo(path, 0600)) exit(3);
    char line[40];
    snprintf(line, sizeof line, "opener %d\n", getpid());
    say(line);
    open(path, O_WRONLY);
}

static void locked(const char *path, int posix) {
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (posix ? fcntl(fd, F_SETLKW, &whole) : flock(fd, LOCK_EX)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        close(fd);
        int own = open(path, O_RDWR);
        if (posix) fcntl(own, F_SETLKW, &whole); else flock(own, LOCK_EX);
        _exit(0);
    }
    say2("holder", getpid(), "waiter", child);
    forever();
}

/* A lock of flock(2) that one waits for, and one of an open file description on the same file that another waits for. */
static void two_kinds_of_locks(const char *path) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int ready[2], fd = open(path, O_RDWR | O_CREAT, 0600);
    if (flock(fd, LOCK_EX) || pipe(ready)) exit(3);
    pid_t second = fork();
    if (second == 0) { quiet(); close(fd); flock(open(path, O_RDWR), LOCK_EX); _exit(0); }
    pid_t holder = fork();
    if (holder == 0) {
        quiet();
        close(fd);
        int own = open(path, O_RDWR);
        if (fcntl(own, F_OFD_SETLKW, &whole)) _exit(3);
        write(ready[1], "x", 1);
        close(ready[0]); close(ready[1]);
        forever();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) exit(3);
    close(ready[0]);
    pid_t waiter = fork();
    if (waiter == 0) { quiet(); close(fd); fcntl(open(path, O_RDWR), F_OFD_SETLKW, &whole); _exit(0); }
    char line[100];
    snprintf(line, sizeof line, "flocker %d second %d holder %d waiter %d\n", getpid(), second, holder, waiter);
    say(line);
    forever();
}

/* An event loop that watches only what it wakes itself by. */
static void self_pipe(void) {
    int p[2], set = epoll_create1(0);
    if (pipe2(p, O_NONBLOCK)) exit(3);
    struct epoll_event in = {.events = EPOLLIN, .data.fd = p[0]};
    epoll_ctl(set, EPOLL_CTL_ADD, p[0], &in);
    say2("loop", getpid(), "loop", getpid());
    epoll_wait(set, &in, 1, -1);
}

static void *moves(void *none) { for (;;) usleep(1000000); return none; }

/* A thread reads what another thread of the same process may write at any time. */
static void threads_pipe(void) {
    int p[2];
    pthread_t other;
    if (pipe(p) || pthread_create(&other, NULL, moves, NULL)) exit(3);
    say2("process", getpid(), "process", getpid());
    read(p[0], &byte, 1);
}

/* As `tail -f` does: it watches its output for the error that comes once nobody reads. */
static void watches_output(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(p[1]); read(p[0], &byte, 1); _exit(0); }
    close(p[0]);
    say2("tail", getpid(), "reader", child);
    struct pollfd in = {.fd = p[1], .events = POLLRDBAND};
    poll(&in, 1, -1);
}

/* The end of a child, waited for in a poll. */
static void pidfd(void) {
    pid_t child = fork();
    if (child == 0) { quiet(); forever(); }
    struct pollfd in = {.fd = syscall(434 /* pidfd_open */, child, 0), .events = POLLIN};
    if (in.fd < 0) { kill(child, SIGKILL); exit(3); }
    say2("parent", getpid(), "child", child);
    poll(&in, 1, -1);
}

/* A child that is dead and not waited for. */
static void zombie(void) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    say2("parent", getpid(), "child", child);
    forever();
}

/* A lock one way round and a pipe the other. */
static void lock_and_pipe(const char *path) {
    int p[2], fd = open(path, O_RDWR | O_CREAT, 0600);
    if (pipe(p) || flock(fd, LOCK_EX)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        close(p[0]);
        close(fd);
        int own = open(path, O_RDWR);
        flock(own, LOCK_EX);
        _exit(0);
    }
    close(p[1]);
    say2("parent", getpid(), "child", child);
    read(p[0], &byte, 1);
}

static void event(void) {
    int e = eventfd(0, 0);
    pid_t child = fork();
    if (child == 0) { quiet(); uint64_t n; read(e, &n, sizeof n); _exit(0); }
    say2("parent", getpid(), "child", child);
    forever();
}

static void queue(void) {
    char name[40];
    snprintf(name, sizeof name, "/hangs-%d", getpid());
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, &attr);
    if (q == (mqd_t)-1) exit(4);
    mq_unlink(name);
    pid_t child = fork();
    if (child == 0) { quiet(); char m[8]; mq_receive(q, m, sizeof m, NULL); _exit(0); }
    say2("parent", getpid(), "child", child);
    forever();
}

/* What a System V call makes outlives its processes: another, outside the group that is killed, removes it then. */
static void removed_afterwards(int queue, int set) {
    int p[2];
    if (pipe(p)) exit(3);
    if (fork() == 0) {
        setsid();
        quiet();
        close(p[1]);
        read(p[0], &byte, 1);
        if (queue >= 0) msgctl(queue, IPC_RMID, NULL);
        if (set >= 0) semctl(set, 0, IPC_RMID);
        _exit(0);
    }
    close(p[0]);
}

/* The child waits for a message; the parent has sent the only one and sleeps. */
static void system_v_queue(void) {
    struct { long type; char text[4]; } m = { 1, "one" };
    int queue = msgget(IPC_PRIVATE, 0600);
    if (queue < 0) exit(3);
    removed_afterwards(queue, -1);
    if (msgsnd(queue, &m, 4, 0)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        msgrcv(queue, &m, 4, 0, 0);
        msgrcv(queue, &m, 4, 0, 0);
        _exit(0);
    }
    say2("parent", getpid(), "child", child);
    forever();
}

/* The parent has set the second semaphore to 1; the child wants 2. */
static void system_v_semaphore(void) {
    struct sembuf up = { 1, 1, 0 }, both[2] = { { 0, 0, 0 }, { 1, -2, 0 } };
    int set = semget(IPC_PRIVATE, 2, 0600);
    if (set < 0) exit(3);
    removed_afterwards(-1, set);
    if (semop(set, &up, 1)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); semop(set, both, 2); _exit(0); }
    say2("parent", getpid(), "child", child);
    forever();
}

static int shared[2];
static void *reads(void *x) { read(shared[0], &byte, 1); return x; }

/* The first thread joins a second that waits on the process's own write end. */
static void thread(void) {
    if (pipe(shared)) exit(3);
    pthread_t t;
    pthread_create(&t, NULL, reads, NULL);
    char line[40];
    snprintf(line, sizeof line, "process %d\n", getpid());
    say(line);
    pthread_join(t, NULL);
}

static void polls(int epoll) {
    int p[2];
    if (pipe(p)) exit(3);
    char line[40];
    snprintf(line, sizeof line, "poller %d\n", getpid());
    say(line);
    if (epoll) {
        int e = epoll_create1(0);
        struct epoll_event in = {.events = EPOLLIN};
        epoll_ctl(e, EPOLL_CTL_ADD, p[0], &in);
        epoll_wait(e, &in, 1, -1);
    } else {
        struct pollfd in[2] = {{.fd = p[0], .events = POLLIN}, {.fd = -1}};
        poll(in, 2, -1);
    }
}

/* A writer holds the pipe, a reader waits; the writer is stopped. */
static void stopped(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(p[0]); raise(SIGSTOP); _exit(0); }
    close(p[1]);
    say2("reader", getpid(), "writer", child);
    read(p[0], &byte, 1);
}

/* Not dumpable: nobody but root may look at the holder. */
static void hidden_holder(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(p[0]); prctl(PR_SET_DUMPABLE, 0); forever(); }
    close(p[1]);
    say2("reader", getpid(), "holder", child);
    read(p[0], &byte, 1);
}

/* The writer is another user, root, and the reader nobody; only for root. */
static void foreign_holder(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        close(p[1]);
        if (setgid(65534) || setuid(65534)) _exit(1);
        prctl(PR_SET_DUMPABLE, 1);
        read(p[0], &byte, 1);
        _exit(0);
    }
    close(p[0]);
    say2("holder", getpid(), "reader", child);
    forever();
}

/* The parent kept its write end, and waits for the child that waits for the end of file. */
static void parent_keeps(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(p[1]); read(p[0], &byte, 1); _exit(0); }
    close(p[0]);
    say2("parent", getpid(), "reader", child);
    wait(NULL);
}

/* Memory that two processes have mapped, by no descriptor. */
static void memory(void) {
    char *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); m[0] = 1; forever(); }
    say2("parent", getpid(), "child", child);
    forever();
}

/* Two mutexes, taken in two orders. */
static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;
static void *takes(void *x) {
    pthread_mutex_lock(&second);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&first);
    return x;
}
static void mutexes(void) {
    pthread_t t;
    pthread_barrier_init(&both, NULL, 2);
    pthread_create(&t, NULL, takes, NULL);
    char line[40];
    snprintf(line, sizeof line, "process %d\n", getpid());
    say(line);
    pthread_mutex_lock(&first);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&second);
}

/* Locks that cannot be had; beside them a thread that is busy. A process-shared one is in memory that two processes have. */
static pthread_mutex_t jobs = PTHREAD_MUTEX_INITIALIZER;
static void *spins(void *x) { for (;;); return x; }
static void *takes_and_ends(void *x) { pthread_mutex_lock(&jobs); return x; }
static void *takes_and_reads(void *x) { pthread_mutex_lock(&jobs); pthread_barrier_wait(&both); read(shared[0], &byte, 1); return x; }
static void mutex_of(const char *kind) {
    pthread_t t, busy;
    char line[60];
    pthread_barrier_init(&both, NULL, 2);
    if (pipe(shared) || pthread_create(&busy, NULL, spins, NULL)) exit(3);
    if (!strcmp(kind, "twice")) pthread_mutex_lock(&jobs);
    if (!strcmp(kind, "ended") || !strcmp(kind, "join")) {
        if (!strcmp(kind, "join")) pthread_mutex_lock(&jobs);
        pthread_create(&t, NULL, takes_and_ends, NULL);
    }
    if (!strcmp(kind, "reads")) { pthread_create(&t, NULL, takes_and_reads, NULL); pthread_barrier_wait(&both); }
    snprintf(line, sizeof line, "process %d\n", getpid());
    say(line);
    if (!strcmp(kind, "ended") || !strcmp(kind, "join")) pthread_join(t, NULL);
    pthread_mutex_lock(&jobs);
}

/* Workers with nothing to do. */
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static void *works(void *x) { pthread_mutex_lock(&jobs); for (;;) pthread_cond_wait(&work, &jobs); return x; }
static void workers(void) {
    pthread_t t;
    for (int i = 0; i < 6; i++) pthread_create(&t, NULL, works, NULL);
    char line[40];
    snprintf(line, sizeof line, "process %d\n", getpid());
    say(line);
    forever();
}

static void shared_mutexes(int robust) {
    struct { pthread_mutex_t one, other; pthread_barrier_t both; } *in =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t a;
    pthread_barrierattr_t b;
    pthread_mutexattr_init(&a);
    pthread_barrierattr_init(&b);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_barrierattr_setpshared(&b, PTHREAD_PROCESS_SHARED);
    if (robust) pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&in->one, &a);
    pthread_mutex_init(&in->other, &a);
    pthread_barrier_init(&in->both, &b, 2);
    pid_t child = fork();
    if (child == 0) {
        quiet();
        pthread_mutex_lock(&in->other);
        pthread_barrier_wait(&in->both);
        pthread_mutex_lock(&in->one);
    }
    pthread_mutex_lock(&in->one);
    say2("parent", getpid(), "child", child);
    pthread_barrier_wait(&in->both);
    pthread_mutex_lock(&in->other);
}

/* An event loop: a pipe to wake itself, and one from a child that sends nothing. */
static void event_loop(void) {
    int own[2], p[2];
    if (pipe(own) || pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(own[0]); close(own[1]); close(p[0]); forever(); }
    close(p[1]);
    say2("parent", getpid(), "child", child);
    struct pollfd in[2] = {{.fd = own[0], .events = POLLIN}, {.fd = p[0], .events = POLLIN}};
    poll(in, 2, -1);
}

/* The child of a vfork waits, before it runs another program, for what its parent keeps open; beside it there is another child. */
static void vforks(void) {
    int p[2];
    if (pipe(p)) exit(3);
    if (fork() == 0) { quiet(); close(p[0]); close(p[1]); forever(); }
    if (vfork() == 0) {
        close(p[1]);
        say2("parent", getppid(), "child", getpid());
        read(p[0], &byte, 1);
        _exit(0);
    }
}

static int one[2], other[2];
static void swap(int signal) { dup2(other[0], one[0]); }
static int swapper(void *none) { for (;;) pause(); return 0; }

/* Told by SIGUSR1, the process has another pipe behind a descriptor, and as many as before. `by_another`: the parent sleeps on, and
   another process that has one table with it does it. */
static void swaps(int by_another) {
    static char stack[65536];
    if (pipe(one) || pipe(other)) exit(3);
    signal(SIGUSR1, swap);
    pid_t child = by_another ? clone(swapper, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL) : getpid();
    say2("parent", getpid(), "swapper", child);
    forever();
}

/* A server and its client, in a network of their own: one of the server's processes waits for another client, and nothing is said on
   the connection. */
static void own_network(void) {
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) exit(3);
    int l = socket(AF_INET, SOCK_STREAM, 0);
    if (ioctl(l, SIOCSIFFLAGS, &lo) || bind(l, (struct sockaddr *)&at, length) || listen(l, 4)) exit(3);
    getsockname(l, (struct sockaddr *)&at, &length);
    pid_t client = fork();
    if (client == 0) {
        quiet();
        close(l);
        int c = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(c, (struct sockaddr *)&at, length)) _exit(1);
        recv(c, &byte, 1, 0);
        _exit(0);
    }
    int c = accept(l, NULL, NULL);
    pid_t acceptor = fork();
    if (acceptor == 0) { quiet(); close(c); accept(l, NULL, NULL); _exit(0); }
    char line[100];
    snprintf(line, sizeof line, "server %d client %d acceptor %d\n", getpid(), client, acceptor);
    say(line);
    forever();
}

/* The path leads to a second listener; the first, bound to it before, is open still. The client waits at the second. */
static void bound_twice(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    int listeners[2];
    for (int i = 0; i < 2; i++) {
        listeners[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        unlink(path);
        if (bind(listeners[i], (struct sockaddr *)&at, sizeof at) || listen(listeners[i], 0)) exit(3);
    }
    pid_t client = fork();
    if (client == 0) {
        quiet();
        close(listeners[0]); close(listeners[1]);
        for (;;) {
            int c = socket(AF_UNIX, SOCK_STREAM, 0);
            if (connect(c, (struct sockaddr *)&at, sizeof at)) _exit(1);
        }
    }
    say2("server", getpid(), "client", client);
    forever();
}

static void nothing(int signal) {}

/* Told by SIGUSR1, the process hands its write end to another child, and waits for the one that reads. */
static void hands_over(void) {
    int p[2];
    if (pipe(p)) exit(3);
    signal(SIGUSR1, nothing);
    pid_t reader = fork();
    if (reader == 0) { quiet(); close(p[1]); read(p[0], &byte, 1); _exit(0); }
    close(p[0]);
    say2("parent", getpid(), "reader", reader);
    pause();
    if (fork() == 0) forever();
    close(p[1]);
    waitpid(reader, NULL, 0);
}

/* Nothing is wrong: both ends move, slowly. */
static void healthy(void) {
    int p[2];
    if (pipe(p)) exit(3);
    pid_t child = fork();
    if (child == 0) { quiet(); close(p[0]); for (;;) { usleep(500); if (write(p[1], "x", 1) < 0) _exit(0); } }
    close(p[1]);
    say2("reader", getpid(), "writer", child);
    while (read(p[0], &byte, 1) > 0);
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : "";
    /* What the tests were started with is no part of the picture. */
    close_range(3, ~0U, 0);
    if (!strcmp(name, "own-end")) own_end();
    if (!strcmp(name, "three-holders")) three_holders();
    if (!strcmp(name, "wait-before-read")) wait_before_read();
    if (!strcmp(name, "crossed-reads")) crossed_reads();
    if (!strcmp(name, "crossed-sockets")) crossed_sockets();
    if (!strcmp(name, "crossed-sends")) crossed_sends();
    if (!strcmp(name, "own-socket")) own_socket();
    if (!strcmp(name, "not-accepted")) not_accepted(path);
    if (!strcmp(name, "backlog-full")) backlog_full(path);
    if (!strcmp(name, "crossed-fifos")) crossed_fifos(path);
    if (!strcmp(name, "fifo-open")) fifo_open(path);
    if (!strcmp(name, "flock")) locked(path, 0);
    if (!strcmp(name, "fcntl-lock")) locked(path, 1);
    if (!strcmp(name, "two-kinds-of-locks")) two_kinds_of_locks(path);
    if (!strcmp(name, "self-pipe")) self_pipe();
    if (!strcmp(name, "pidfd")) pidfd();
    if (!strcmp(name, "threads-pipe")) threads_pipe();
    if (!strcmp(name, "watches-output")) watches_output();
    if (!strcmp(name, "zombie")) zombie();
    if (!strcmp(name, "lock-and-pipe")) lock_and_pipe(path);
    if (!strcmp(name, "eventfd")) event();
    if (!strcmp(name, "queue")) queue();
    if (!strcmp(name, "system-v-queue")) system_v_queue();
    if (!strcmp(name, "system-v-semaphore")) system_v_semaphore();
    if (!strcmp(name, "thread")) thread();
    if (!strcmp(name, "poll")) polls(0);
    if (!strcmp(name, "epoll")) polls(1);
    if (!strcmp(name, "stopped")) stopped();
    if (!strcmp(name, "hidden-holder")) hidden_holder();
    if (!strcmp(name, "foreign-holder")) foreign_holder();
    if (!strcmp(name, "parent-keeps")) parent_keeps();
    if (!strcmp(name, "memory")) memory();
    if (!strcmp(name, "mutexes")) mutexes();
    if (!strncmp(name, "mutex-", 6)) mutex_of(name + 6);
    if (!strcmp(name, "workers")) workers();
    if (!strcmp(name, "shared-mutexes")) shared_mutexes(0);
    if (!strcmp(name, "robust-mutexes")) shared_mutexes(1);
    if (!strcmp(name, "event-loop")) event_loop();
    if (!strcmp(name, "vfork")) vforks();
    if (!strcmp(name, "own-network")) own_network();
    if (!strcmp(name, "bound-twice")) bound_twice(path);
    if (!strcmp(name, "hands-over")) hands_over();
    if (!strcmp(name, "swaps")) swaps(0);
    if (!strcmp(name, "swaps-by-another")) swaps(1);
    if (!strcmp(name, "healthy")) healthy();
    woken(name, path);
    in_flight(name, path);
    waits(name, path);
    return 2;
}
