// exec closes what is marked, not 0, 1, 2.
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int out[2], in[2], n;
  char buf[64];

  pipe2(out, O_CLOEXEC);       // 3 and 4
  pipe2(in, O_CLOEXEC);        // 5 and 6
  if (fork() == 0) {           // the child
    dup2(out[1], 1);           // not marked
    dup2(in[0], 0);            // not marked
    execlp("cat", "cat", NULL);
    _exit(127);
  }
  write(in[1], "hello", 5);
  n = read(out[0], buf, 64);
  dprintf(1, "read %.*s\n", n, buf);
  close(in[1]);                // cat ends
  close(out[1]);
  n = read(out[0], buf, 64);
  dprintf(1, "read returned %d\n", n);
  wait(NULL);
}
