// What Python's Pipe sends, by hand.
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  char hi[] = "\0\0\0\021\200\004\225\006"
    "\0\0\0\0\0\0\0\214\002hi\224.";
  char n42[] = "\0\0\0\005\200\004K*.";
  char b[64];
  unsigned size;            // big-endian
  int s[2], n;
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  if (fork() == 0) {        // the child
    close(s[0]);
    read(s[1], &size, 4);
    read(s[1], b, ntohl(size));
    dprintf(1, "child got %.2s\n", b + 13);
    write(s[1], n42, sizeof n42 - 1);
    _exit(0);
  }
  close(s[1]);
  write(s[0], hi, sizeof hi - 1);
  read(s[0], &size, 4);
  read(s[0], b, ntohl(size));
  dprintf(1, "parent got %d\n", b[3]);
  n = read(s[0], &size, 4);
  if (n == 0) dprintf(1, "end of file\n");
  wait(NULL);
}
