// A queue of messages with priorities.
#include <mqueue.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
void worker(char *name)
{
  char buf[32]; unsigned p;
  mqd_t q = mq_open(name, O_RDONLY);
  if (mq_receive(q, buf, 2, &p) == -1)
    perror("receive");
  for (int n, i = 0; i < 5; i++) {
    n = mq_receive(q, buf, 32, &p);
    dprintf(1, "%u %.*s\n", p, n, buf);
  }
}
int main(void)
{
  struct mq_attr a = {0, 4, 32, 0, {0}};
  char s[32];
  sprintf(s, "/jobs-%d", getpid());
  int flags = O_RDWR | O_CREAT;
  mqd_t q = mq_open(s, flags, 0600, &a);
  mq_send(q, "low", 3, 1);
  mq_send(q, "urgent", 6, 9);
  mq_send(q, "later", 5, 1);
  if (fork() == 0) return worker(s), 0;
  mq_send(q, "wake", 4, 0);
  mq_close(q);
  q = mq_open(s, O_WRONLY);
  mq_send(q, "last", 4, 0);
  wait(NULL), mq_unlink(s);
}
