// One process holds both ends of a pipe.
#include <stdio.h>
#include <unistd.h>

int main(void)
{
  int fd[2], n;
  char buf[64];

  pipe(fd);            // 3 reads, 4 writes
  write(fd[1], "hello", 5);
  n = read(fd[0], buf, 2);
  dprintf(1, "read %.*s\n", n, buf);
  write(fd[1], "!!", 2);
  n = read(fd[0], buf, 64);
  dprintf(1, "read %.*s\n", n, buf);
  if (write(fd[0], "x", 1) == -1)
    perror("write");
  if (read(fd[1], buf, 1) == -1)
    perror("read");
  write(fd[1], "", 0); // writes nothing
  close(fd[1]);
  n = read(fd[0], buf, 64);
  dprintf(1, "read returned %d\n", n);
}
