# A container's first process: DIR becomes its root, a file system of its own with the names in ETC.
set -e
dir=$1 etc=$2
mount -t tmpfs none "$dir"
cd "$dir"
mkdir bin etc proc dev tmp
cp /bin/busybox bin/busybox
ln -s busybox bin/sh
ln -s busybox bin/sleep
cp "$etc/passwd" "$etc/group" etc/
mount -t proc proc proc
mknod -m 666 dev/null c 1 3
mkfifo tmp/hold
pivot_root . .
/bin/busybox umount -l .
exec /bin/sh -c '
    /bin/busybox setsid /bin/sleep 100001 &
    /bin/busybox su -s /bin/sh alice -c "exec /bin/sleep 100002" &
    # Its name and its argument would like to be a row, or to move the cursor.
    /bin/sh -c "printf \"x)y (z\\n1 S\" >/proc/\$\$/comm; exec 3<>/tmp/hold; read -r _ <&3" \
        "$(printf "a\\033[31m\\nroot 1 \\\\ \\377")" &
    wait
'
