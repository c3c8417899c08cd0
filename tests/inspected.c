/* Processes for tests/inspect.rs: one with a descriptor of each kind, one whose first thread ends,
 * one with threads that wait alike. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

static void say(const char *name, int fd)
{
	if (fd < 0) {
		perror(name);
		exit(1);
	}
	printf("%s %d\n", name, fd);
}

static void kinds(const char *dir)
{
	char path[256];
	int fd = eventfd(7, 0), pair[2];
	struct epoll_event event = { .events = EPOLLIN };
	struct sockaddr_un unix_end = { .sun_family = AF_UNIX };
	struct sockaddr_in end = { .sin_family = AF_INET };
	sigset_t signals;

	say("eventfd", fd);
	int epoll = epoll_create1(0);
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	say("epoll", epoll);
	fd = inotify_init();
	inotify_add_watch(fd, dir, IN_CREATE);
	say("inotify", fd);
	say("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	say("signalfd", signalfd(-1, &signals, 0));
	say("pidfd", (int)syscall(SYS_pidfd_open, getpid(), 0));
	say("memfd", memfd_create("mine", 0));
	if (pipe(pair))
		exit(1);
	say("pipe", pair[0]);
	say("dir", open(dir, O_RDONLY));
	say("char", open("/dev/null", O_RDWR));
	snprintf(path, sizeof path, "%s/file (deleted)", dir);
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (write(fd, "12345", 5) != 5)
		exit(1);
	say("file", fd);
	snprintf(path, sizeof path, "%s/gone", dir);
	say("gone", open(path, O_WRONLY | O_CREAT, 0600));
	unlink(path);
	snprintf(path, sizeof path, "%s/fifo", dir);
	mkfifo(path, 0600);
	say("fifo", open(path, O_RDWR));
	snprintf(path, sizeof path, "%s/link", dir);
	if (symlink("nowhere", path))
		exit(1);
	say("symlink", open(path, O_PATH | O_NOFOLLOW));
	say("ioctl", open("/dev/null", O_ACCMODE));
	snprintf(path, sizeof path, "%s/one name", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	say("renamed", fd);
	if (ftruncate(fd, 4096) || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		exit(1);
	char other[256];
	snprintf(other, sizeof other, "%s/another name", dir);
	if (link(path, other) || unlink(path))
		exit(1);
	snprintf(path, sizeof path, "%s/library", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (ftruncate(fd, 4096) || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		exit(1);
	close(fd);
	unlink(path);
	snprintf(path, sizeof path, "%s/locked", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	struct flock lock = { .l_type = F_WRLCK, .l_start = 7, .l_len = 100 };
	if (fcntl(fd, F_SETLK, &lock))
		exit(1);
	say("locked", fd);
	say("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	snprintf(unix_end.sun_path, sizeof unix_end.sun_path, "%s/a b", dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&unix_end, sizeof unix_end) || listen(fd, 1))
		exit(1);
	say("unix", fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof end;
	if (bind(fd, (struct sockaddr *)&end, size) || listen(fd, 1))
		exit(1);
	getsockname(fd, (struct sockaddr *)&end, &size);
	say("tcp", fd);
	say("again", dup(fd));
	say("port", ntohs(end.sin_port));
}

/* It is ready when it has its name. */
static void *wait_for_ever(void *name)
{
	prctl(PR_SET_NAME, name);
	say("ready", 0);
	fflush(stdout);
	for (;;)
		pause();
}

static void *wait_alike(void *name)
{
	prctl(PR_SET_NAME, name);
	for (;;)
		pause();
}

int main(int count, char **words)
{
	pthread_t thread;

	if (count < 3)
		return 2;
	if (!strcmp(words[1], "kinds"))
		kinds(words[2]);
	else
		say("file", open(words[2], O_RDONLY));
	for (int i = 0; !strcmp(words[1], "alike") && i < 23; i++)
		if (pthread_create(&thread, NULL, wait_alike, "alike"))
			return 1;
	if (pthread_create(&thread, NULL, wait_for_ever, "x) 1 2 3 4 5"))
		return 1;
	if (!strcmp(words[1], "leader"))
		syscall(SYS_exit, 0);
	for (;;)
		pause();
}
