// Memory of one's own, and shared memory.
#define _GNU_SOURCE 1
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
void add(volatile long *m)
{
  while (m[1] == 0);  // the gate
  for (int i = 0; i < 1000000; i++) m[0]++;
  _exit(0);
}
int main(void)
{
  int rw = PROT_READ | PROT_WRITE;
  int own = MAP_PRIVATE | MAP_ANONYMOUS;
  int fd = memfd_create("counter", 0);
  if (ftruncate(fd, 4096) == -1) return 1;
  volatile long *m, *x;
  m = mmap(0, 4096, rw, MAP_SHARED, fd, 0);
  close(fd);
  x = mmap(0, 4096, rw, own, -1, 0);
  if (fork() == 0)
    x[0] = 99, m[0] = 99, add(m);
  while (m[0] != 99);
  dprintf(1, "%ld and %ld\n", x[0], m[0]);
  m[0] = 0;
  if (fork() == 0) m[2] = 1, add(m);
  while (m[2] == 0);
  m[1] = 1;
  while (wait(NULL) > 0);
  dprintf(1, "%ld\n", m[0]);
}
