import Glibc
import Model
import Platform
import Synchronization
import Testing
import TestSupport

extension IntegrationTests {
    /// A real SFTP server that is killed while a view of it is read and written, and comes back: errors inside the
    /// deadline, no wrong byte, and everything goes on without a new mount of the view.
    @Suite(.needs("sshfs", "sshd", "ssh-keygen")) struct SharedServerTests {
        private let area = Area.current
        private let truth: String
        private let server: RunningSFTPServer
        private let film: [UInt8]
        /// `timeout=`.
        private static let deadline = 3.0

        init() throws {
            truth = try area.makeDirectory("truth")
            var generator = SplitMix(seed: TestRun.seed &+ 10_000)
            film = generator.content(40 << 20, compressible: false)
            try TestLibrary.file("\(truth)/film.mkv", film)
            try TestLibrary.file("\(truth)/cached.txt", Array(film[..<50_000]))
            for number in 0..<5 {
                try TestLibrary.file("\(truth)/later\(number).txt", Array(film[..<70_000]))
            }
            try Calls.makeDirectory("\(truth)/folder")
            // What lies beside a file that is read may be read ahead.
            try Calls.makeDirectory("\(truth)/elsewhere")
            try TestLibrary.file("\(truth)/elsewhere/uncached.txt", Array(film[..<70_000]))
            server = try RunningSFTPServer(area, directory: truth)
        }

        private var options: RunningView.Options {
            var options = RunningView.Options.eventual(propagation: "200ms")
            options.timeout = "3s"
            return options
        }

        /// Works through a file in small pieces, slowly enough to be met in the middle.
        private struct Progress: Sendable {
            var done = 0
            var error: Errno?
            var waited = 0.0
            var wrong: String?
        }

        private func work(
            _ progress: Mutexed<Progress>, _ piece: @escaping @Sendable (Int) throws -> String?
        ) -> TestThreads {
            TestThreads(1) { [area, count = film.count] threads, _ in
                let step = 128 << 10
                while !threads.isStopping {
                    let at = progress.withLock { $0.done }
                    guard at < count else { return }
                    let start = secondsNow()
                    do {
                        let wrong = try area.guarded("piece at \(at)", within: 30) { try piece(at) }
                        progress.withLock { state in
                            state.wrong = state.wrong ?? wrong
                            state.done += step
                        }
                    } catch let error as Errno {
                        progress.withLock { state in
                            state.error = error
                            state.waited = secondsNow() - start
                        }
                        return
                    }
                    usleep(4000)
                }
            }
        }

        @Test(.timeLimit(.minutes(3)), arguments: [true, false])
        func killedInMidReadAndMidWriteAndBack(reconnect: Bool) throws {
            try server.mount(reconnect: reconnect)
            let view = try RunningView(area, share: server.path, options)
            #expect(try view.contents("cached.txt") == Array(film[..<50_000]))
            try view.waitForDisk()
            let (film, step) = (film, 128 << 10)
            let source = try view.guarded("open") { try Calls.open("\(view.path)/film.mkv") }
            let target = try view.guarded("create") {
                try Calls.open("\(view.path)/folder/copy.mkv", O_RDWR | O_CREAT)
            }
            let (read, written) = (Mutexed(Progress()), Mutexed(Progress()))
            let reader = work(read) { at in
                let bytes = try source.read(at: Int64(at), step)
                return bytes == Array(film[at..<at + bytes.count]) && !bytes.isEmpty
                    ? nil : "wrong bytes at \(at)"
            }
            let writer = work(written) { at in
                try target.write(Array(film[at..<at + step]), at: Int64(at))
                // sshfs says yes to a write before the server has it; fsync waits for that.
                try target.synchronize()
                return nil
            }
            try waitUntil("both are in the middle") {
                read.withLock { $0.done } > 2 << 20 && written.withLock { $0.done } > 2 << 20
            }
            try server.kill()
            try reader.join(within: 60)
            try writer.join(within: 60)
            for (name, progress) in [("read", read), ("write", written)] {
                let progress = progress.withLock { $0 }
                #expect(progress.wrong == nil, "\(name)")
                #expect(progress.error != nil, "the \(name) was not met in the middle")
                #expect(progress.waited < Self.deadline + 4, "\(name) waited \(progress.waited) s")
            }
            // What was acknowledged is there.
            let acknowledged = written.withLock { $0.done }
            let held = try Calls.contents("\(truth)/folder/copy.mkv")
            try #require(held.count >= acknowledged)
            let isThere = held[..<acknowledged] == film[..<acknowledged]
            #expect(isThere, "what fsync had confirmed is not on the server")

            // Away: what is cached is served, nothing is deleted, and no write lands anywhere else.
            if !reconnect { try server.unmount() }
            #expect(try view.contents("cached.txt") == Array(film[..<50_000]))
            // Whether its listing had come by then is a matter of time; these names were looked at.
            for name in ["cached.txt", "film.mkv", "folder"] {
                _ = try view.guarded("look") { try Calls.status("\(view.path)/\(name)") }
            }
            #expect(throws: Errno.self) { _ = try view.contents("elsewhere/uncached.txt") }
            #expect(throws: Errno.self) {
                try view.guarded("create") { try Calls.write([1], to: "\(view.path)/stray") }
            }
            #expect(throws: Errno.self) {
                try view.guarded("mkdir") { try Calls.makeDirectory("\(view.path)/stray folder") }
            }
            if !reconnect {
                #expect(try Calls.names(server.path) == [], "written below the share's mountpoint")
            }

            try server.start()
            if !reconnect { try server.mount(reconnect: false) }
            try waitUntil("the share is read again", within: 30, poll: 0.1) {
                try view.contents("later1.txt") == Array(film[..<70_000])
            }
            // A new mount of sshfs numbers its files anew: what was open may be another's, and says so then.
            let again: OpenFile
            if reconnect {
                try waitUntil("the open file is written again", within: 30, poll: 0.1) {
                    // The error of what was lost is told once, by whichever asks.
                    try? view.guarded("fsync") { try target.synchronize() }
                    try view.guarded("write") { try target.write(Array(film[..<step]), at: 0) }
                    return true
                }
                again = target
            } else {
                do {
                    try view.guarded("write") { try target.write(Array(film[..<step]), at: 0) }
                } catch let error as Errno {
                    #expect(error == .stale)
                }
                again = try view.guarded("open") {
                    try Calls.open("\(view.path)/folder/copy.mkv", O_RDWR)
                }
            }
            try view.guarded("write", within: 60) {
                try again.write(film, at: 0)
                try again.synchronize()
            }
            let isWhole = try Calls.contents("\(truth)/folder/copy.mkv") == film
            #expect(isWhole)
            let isRead = try view.contents("film.mkv", within: 60) == film
            #expect(isRead)
            let late = try view.guarded("read") { try source.read(at: 30 << 20, step) }
            #expect(
                late == Array(film[(30 << 20)..<(30 << 20) + step]), "what was open for reading")
            try waitUntil("the view shows what the share has", within: 30, poll: 0.2) {
                try view.differences() == []
            }
        }
    }
}
