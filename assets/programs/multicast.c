// Three on one port, two in the group.
#include <arpa/inet.h>
#include <stdio.h>
#define SET(s, level, what, to) \
  setsockopt(s, level, what, &to, sizeof to)
int main(void)
{
  struct sockaddr_in at = {.sin_family = 2};
  struct in_addr lo, group;
  char b[9];
  inet_aton("127.0.0.1", &lo);
  inet_aton("239.1.2.3", &group);
  struct ip_mreq in = {group, lo};
  unsigned n = sizeof at;
  int r[3], no = 0, yes = 1, L = SOL_SOCKET;
  for (int i = 0; i < 3; i++) {
    r[i] = socket(AF_INET, SOCK_DGRAM, 0);
    if (i) SET(r[i], L, SO_REUSEADDR, yes);
    bind(r[i], (void *)&at, n);
    SET(r[i], L, SO_REUSEADDR, yes);
    getsockname(r[i], (void *)&at, &n);
    if (i == 1) continue; // joins nothing
    SET(r[i], 0, IP_ADD_MEMBERSHIP, in);
  }
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  SET(s, 0, IP_MULTICAST_IF, lo);
  at.sin_addr = group;
  sendto(s, "one", 3, 0, (void *)&at, n);
  SET(r[1], 0, IP_MULTICAST_ALL, no);
  sendto(s, "two", 3, 0, (void *)&at, n);
  while (recv(r[1], b, 9, MSG_DONTWAIT) > 0)
    dprintf(1, "the second got %.3s\n", b);
}
