// printf once, fork: the line comes twice.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2], n;
  char buf[64];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the printer
    dup2(fd[1], 1);
    close(fd[0]);
    close(fd[1]);
    printf("hello\n");
    // Missing: fflush(stdout);
    if (fork() == 0)
      exit(0);         // the child
    wait(NULL);
    exit(0);
  }
  close(fd[1]);        // the reader
  wait(NULL);
  n = read(fd[0], buf, 64);
  printf("read %d: %.*s", n, n, buf);
  n = read(fd[0], buf, 64);
  printf("read returned %d\n", n);
}
