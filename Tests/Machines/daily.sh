# shellcheck shell=bash disable=SC2016
# What people do every day, one after the other, on the mount and in the view. Sourced by the scenarios of each protocol.

# daily NAME: the share of that name in box's fstab.
daily() {
    local name=$1
    use "$name" || return 0
    # Browse, play, copy.
    alike "$name" 'cd ../../..; ls docs; ls -l docs/3 | sed 1d; find docs photos -type f | sort | md5sum; du -s --apparent-size docs/4'
    alike "$name" 'cat ../../../docs/*/f1?.txt | md5sum; md5sum <../../../films/b.mkv; dd if=../../../films/a.mkv bs=1M skip=77 count=3 status=none | md5sum'
    alike "$name" 'cp -r ../../../docs/5 c; diff -r ../../../docs/5 c && cp -p ../../../photos/p100.jpg p && stat -c "%s %Y" p; ls c | wc -l; rm -r c p; ls -A'
    # Write: append, cut, holes, times, names.
    alike "$name" 'echo a >f; echo b >>f; cat f; truncate -s 2 f; cat f; truncate -s 9 f; od -c f; dd if=/dev/zero of=s bs=1 seek=999999 count=1 status=none; stat -c %s s; cmp -n 999999 s /dev/zero'
    alike "$name" 'touch -d "2001-02-03 04:05:06" t; stat -c %Y t; mv t u; stat -c "%n %Y" u; mkdir d; mv u d/; ls d; rmdir d; rm -r d; ls -A'
    alike "$name" 'for n in "a b" "ä ö" "it'"'"'s" "a:b" "what?" "star*" "trailing." "back\\slash" "<x>|y" ; do echo "$n" >"$n" && cat "$n"; done 2>&1; ls -A; rm -f -- *; ls -A'
    alike "$name" 'n=$(printf "%0255d" 1); echo x >$n; cat $n; rm $n; (echo x >${n}1) 2>/dev/null || echo too long; ls -A; mkdir $n; rmdir $n; ls -A' me
    alike "$name" 'umask 027; echo x >f; mkdir d; stat -c "%a %U" f d; chmod 600 f; stat -c %a f; chmod 4755 f; stat -c %a f; ln -s f l; readlink l; ln f h; stat -c %h f; mkfifo p; stat -c %F p; rm -rf *; ls -A' me
    # Programs: saving, locks of office programs, git, rsync, SQLite.
    alike "$name" 'for i in 1 2 3 4 5; do echo $i >new; cat new; mv new doc; cat doc; done; cp doc doc~; echo 6 >doc; cat doc doc~; rm doc doc~; ls -A'
    alike "$name" 'set -C; echo me >.~lock.d.odt# && cat .~lock.d.odt#; (echo you >.~lock.d.odt#) 2>/dev/null || echo locked; rm .~lock.d.odt#; echo again >.~lock.d.odt# && cat .~lock.d.odt#'
    alike "$name" 'git init -q r && cd r && for i in 1 2 3; do echo $i >f$i; git add . && git commit -q -m $i; done; git mv f1 g1; git commit -q -m m; git status --short; git log --format=%s;
        git checkout -q -b b HEAD~2; ls; git checkout -q main; ls; git gc -q; git fsck; cd ..; git clone -q r c; git -C c log --oneline | wc -l; rm -rf r c; ls -A'
    alike "$name" 'mkdir a; cp -r ../../../docs/6 a; rsync -rt a/ b; rsync -rtn --itemize-changes a/ b; echo x >>a/6/f10.txt; rm a/6/f11.txt; rsync -rtv --delete a/ b | grep f1; rsync -rcn --itemize-changes a/ b; rm -r a b; ls -A'
    alike "$name" 'for i in $(seq 8); do sqlite3 -cmd ".timeout 9000" base.db "create table if not exists t (n int); insert into t values ($i)" || echo failed; done; sqlite3 base.db "select sum(n) from t; pragma integrity_check"; rm base.db; ls -A'
    alike "$name" 'python3 - <<END
import mmap, os
with open("m", "w+b") as file:
    file.truncate(10000)
    with mmap.mmap(file.fileno(), 10000) as map:
        map[5000:5005] = b"hello"
        map.flush()
print(open("m", "rb").read()[5000:5005], os.path.getsize("m"))
END'
    # Errors.
    alike "$name" 'cat gone; rmdir gone; mkdir d; mkdir d; touch d/f; rmdir d; rm d; cat d; ln -s l l; cat l; mv d/f d/f/g; ls -A'
}
