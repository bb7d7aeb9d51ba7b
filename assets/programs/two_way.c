// One pipe is one way: two ways need two.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int a[2], b[2], n;
  char buf[64];

  pipe(a);              // 3 reads, 4 writes
  if (fork() == 0) _exit(0);   // idle
  write(a[1], "2+2?", 4);
  n = read(a[0], buf, 64);
  dprintf(1, "heard %.*s\n", n, buf);
  wait(NULL);

  pipe(b);              // 5 reads, 6 writes
  if (fork() == 0) {    // the worker
    close(a[1]); close(b[0]);
    read(a[0], buf, 64);
    write(b[1], "4", 1);
    _exit(0);
  }
  close(a[0]); close(b[1]);
  write(a[1], "2+2?", 4);
  n = read(b[0], buf, 64);
  dprintf(1, "heard %.*s\n", n, buf);
  wait(NULL);
}
