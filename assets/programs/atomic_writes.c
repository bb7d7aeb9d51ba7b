// 4096 bytes stay whole; 4097 may not.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int size[] = {['a'] = 4097, ['b'] = 4096};
int fd[2], torn[128];
char x[4097];

void writer(int who)
{
  memset(x, who, size[who]);
  for (int i = 0; i < 200; i++)
    write(fd[1], x, size[who]);
  _exit(0);
}

int main(void)
{
  int n, last = 'a', len = 0;
  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) writer('a');
  if (fork() == 0) writer('b');
  close(fd[1]);
  while ((n = read(fd[0], x, 4096)) > 0)
    for (int i = 0; i < n; i++, len++) {
      if (x[i] == last) continue;
      torn[last] += len % size[last] != 0;
      last = x[i], len = 0;
    }
  dprintf(1, "4097: %d torn\n", torn['a']);
  dprintf(1, "4096: %d torn\n", torn['b']);
}
