import Control
import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// A share that somebody wants to be taken for away, whether it is there or not.
    @Suite struct OfflineByRequestTests {
        private let area = Area.current
        private let truth: String
        private let share: RunningSlowShare
        private let bytes: [UInt8]

        init() throws {
            truth = try area.makeDirectory("truth")
            var generator = SplitMix(seed: 18)
            bytes = generator.content(300_000)
            // Old enough for what is read of them to be kept.
            for name in ["cached", "uncached"] {
                try TestLibrary.file("\(truth)/\(name)", bytes)
            }
            try Calls.setAttribute("\(truth)/cached", "user.k", to: Array("value".utf8))
            share = try RunningSlowShare(area, directory: truth)
        }

        /// Whoever had to wait for a share that is away would wait for a minute; and all is older than it may be.
        private func options(_ more: String...) -> RunningView.Options {
            var options = RunningView.Options(ttl: "1s", timeout: "60s", more: more)
            options.propagation = "100ms"
            return options
        }

        /// A view that has read `cached`, and knows all names and what `ls -l` asks of them.
        private func seen() throws -> RunningView {
            let view = try RunningView(area, share: share.path, options())
            #expect(try view.contents("cached") == bytes)
            _ = try attributes(view)
            try view.waitForDisk()
            return view
        }

        /// As `ls -l`, `getfattr` and `getfacl` ask for them.
        private func attributes(_ view: RunningView) throws -> [Result<[UInt8], Errno>] {
            try view.guarded("attributes") {
                try Calls.names(view.path).map(\.printable).sorted().flatMap { name in
                    let path = "\(view.path)/\(name)"
                    _ = try Calls.status(path)
                    return ["system.posix_acl_access", "security.selinux", "user.k"].map {
                        attribute($0, of: path)
                    }
                }
            }
        }

        private func attribute(_ name: String, of path: String) -> Result<[UInt8], Errno> {
            do throws(Errno) {
                return .success(try Calls.attribute(path, name))
            } catch {
                return .failure(error)
            }
        }

        private func larder(_ command: String, _ view: RunningView) throws -> Int32? {
            try area.run(BuiltPrograms.larder, [command, view.path], within: 20).code
        }

        private func expectOffline(
            _ view: RunningView, _ known: [Result<[UInt8], Errno>]
        ) throws {
            let status = try view.status()
            #expect(status.state == .shareUnreachable && status.isOfflineByRequest == true)
            #expect(status.reason == "offline (by request)")
            let start = secondsNow()
            #expect(try view.contents("cached") == bytes)
            #expect(try attributes(view) == known)
            #expect(throws: Errno.networkDown) { _ = try view.contents("uncached") }
            #expect(throws: Errno.networkDown) {
                try view.guarded("write") { try Calls.write([1], to: "\(view.path)/new") }
            }
            #expect(secondsNow() - start < 5, "somebody waited")
        }

        @Test func isOfflineAtOnceAndUntilItIsToldOtherwise() throws {
            let view = try seen()
            let known = try attributes(view)
            try view.waitForShare()
            #expect(try larder("online", view) == 3)
            #expect(try larder("offline", view) == 0)
            let asked = try share.statistics().operationsTotal
            try expectOffline(view, known)
            #expect(try larder("offline", view) == 3)
            view.process.send(SIGHUP)
            try waitUntil("it has read its configuration again") {
                view.process.output.contains("SIGHUP")
            }
            try expectOffline(view, known)
            #expect(try share.statistics().operationsTotal == asked, "the share was asked")
            #expect(try larder("online", view) == 0)
            #expect(try view.contents("uncached") == bytes)
            #expect(try view.status().state == .ok)
            #expect(try larder("offline", view) == 0)
            try view.restart(options())
            #expect(try view.status().state == .ok)
            #expect(try view.contents("uncached") == bytes)
        }

        /// All that the index knows is there though the share hangs, and nobody waits for it.
        @Test func isMountedOfflineByRequest() throws {
            let view = try seen()
            let known = try attributes(view)
            #expect(known.contains(.success(Array("value".utf8))))
            try view.stop()
            try share.control("hang")
            try view.start(options("offline=yes"))
            try expectOffline(view, known)
            try view.restart(options("offline=yes"))
            try share.control("online")
            let asked = try share.statistics().operationsTotal
            try expectOffline(view, known)
            #expect(try share.statistics().operationsTotal == asked, "the share was asked")
            #expect(try larder("online", view) == 0)
            try waitUntil("it is online", within: 15) { try view.status().state == .ok }
            #expect(try view.contents("uncached") == bytes)
        }

        @Test func isNotMountedWithoutItsShareWhereThatIsNotWanted() throws {
            let view = try seen()
            try view.stop()
            try share.unmount()
            for (option, cache, words) in [
                ("no", view.cache, "is not there"),
                ("yes", area.path("fresh"), "nothing is cached"),
            ] {
                let result = try area.run(
                    BuiltPrograms.larder,
                    [
                        "mount", share.path, view.path, "-o", "cache=\(cache),offline=\(option)",
                        "--background",
                    ], within: 20)
                #expect(result.code == 1 && result.errors.contains(words), "\(result)")
            }
        }
    }
}
