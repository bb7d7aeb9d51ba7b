// Two readers: a byte goes to one of them.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

void reader(char name, int fd[2])
{
  char buf[3];
  int n;

  close(fd[1]);
  while ((n = read(fd[0], buf, 3)) > 0)
    dprintf(1, "%c: %.*s\n", name, n, buf);
  _exit(0);
}

int main(void)
{
  int fd[2];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) reader('a', fd);
  if (fork() == 0) reader('b', fd);
  close(fd[0]);        // the parent
  write(fd[1], "abcdef", 6);
  write(fd[1], "x", 1);
  close(fd[1]);
  wait(NULL); wait(NULL);
}
