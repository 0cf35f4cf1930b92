import Glibc
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// Whatever a program waits for on a share that hangs, it ends when it is killed.
    @Suite struct KilledCallerTests {
        private let area = Area.current
        private let truth: String

        init() throws {
            truth = try area.makeDirectory("truth")
            try TestLibrary.file("\(truth)/file", Array("bytes\n".utf8))
            try TestLibrary.file("\(truth)/sparse", [])
            try Calls.truncate("\(truth)/sparse", 1 << 20)
        }

        /// `$1` is the view, `$2` a folder. `pause` makes `ready` there and waits for `go`.
        ///
        /// What the kernel was told a moment ago it believes for a second, the view itself no longer.
        @Test(arguments: [
            // lseek(2) for data.
            "cat $1/sparse > $2/out; pause; exec cp $1/sparse $2/copy",
            // statfs(2).
            "sleep 0.2; stat $1 > $2/out; pause; exec stat -f $1",
            // getxattr(2) and listxattr(2) of a file that has lost its name.
            "exec 9< $1/file; rm $1/file; pause; exec getfattr -n user.k /proc/self/fd/9",
            "exec 9< $1/file; rm $1/file; pause; exec getfattr /proc/self/fd/9",
            // open(2) for writing, before which the share is asked for the attributes.
            """
            exec 9< $1/file; sleep 0.2; stat $1/file > $2/out; pause
            exec dd of=/proc/self/fd/9 conv=notrunc
            """,
        ])
        func endsAtOnce(script: String) throws {
            let share = try RunningSlowShare(area, directory: truth)
            var options = RunningView.Options.eventual(propagation: "50ms")
            options.ttl = "100ms"
            options.timeout = "60s"
            let view = try RunningView(area, share: share.path, options)
            _ = try view.guarded("list") { try Calls.names(view.path) }
            let signs = try area.makeDirectory("signs")
            let pause = "pause() { : > $2/ready; while [ ! -e $2/go ]; do sleep 0.01; done; }\n"
            let process = try area.spawn(
                "waiting", "/bin/sh",
                ["-c", pause.replacing("$2", with: signs) + script, "sh", view.path, signs])
            try waitUntil("it is about to ask") { Calls.exists("\(signs)/ready") }
            try share.control("hang")
            try TestLibrary.file("\(signs)/go", [])
            try waitUntil("it waits for the share") {
                try share.statistics().held > 0 && process.ended == nil
            }
            let start = secondsNow()
            process.send(SIGKILL)
            #expect(try process.wait(script, within: 20) == .killed(signal: SIGKILL))
            #expect(secondsNow() - start < 10, "held for \(secondsNow() - start) s")
            try share.control("online")
            try view.stop()
        }
    }
}
