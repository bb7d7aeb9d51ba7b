/* What the programs that hang have in common. */
#ifndef HANGS_H
#define HANGS_H
#include <sys/types.h>

/* Print this line, the one that the test waits for; from then on the test's pipe is no part of the picture. */
void say(const char *line);
/* The same of two processes. */
void say2(const char *a, pid_t p, const char *b, pid_t q);
/* In a child: give the test's pipe up. */
void quiet(void);
void forever(void);

/* Hang with descriptors in flight, in the way of this name; returns where it knows none. */
void woken(const char *name, const char *path);
void in_flight(const char *name, const char *path);
/* The same of waits of other kinds than a read or a write. */
void waits(const char *name, const char *path);
#endif
