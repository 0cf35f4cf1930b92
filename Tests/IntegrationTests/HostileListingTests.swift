import Control
import Foundation
import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// A share that lists what no folder has: names that cannot be names, the same ones twice, files without attributes,
    /// more of them than anybody can hold. What can be shown is shown, and the rest of the view does not notice.
    @Suite struct HostileListingTests {
        private let area = Area.current
        private let truth: String
        private let names: Set<String>

        init() throws {
            truth = try area.makeDirectory("truth")
            try Calls.makeDirectory("\(truth)/folder")
            var names: Set<String> = []
            for number in 0..<60 { names.insert("file \(number)") }
            for number in 0..<3 { names.insert("bad \(number)") }
            for name in names { try TestLibrary.file("\(truth)/folder/\(name)", Array(name.utf8)) }
            self.names = names
        }

        private func listed(_ view: RunningView, within seconds: Double = 60) throws -> [String] {
            try view.guarded("list", within: seconds) {
                try Calls.names("\(view.path)/folder").map { String(decoding: $0, as: UTF8.self) }
                    .filter { $0 != "." && $0 != ".." }
            }
        }

        @Test(arguments: ["none", "double", "dots", "slash", "empty", "long"])
        func whatCannotBeANameIsLeftOutAndCounted(lie: String) throws {
            let share = try RunningSlowShare(area, directory: truth)
            try share.control("lie", lie)
            let view = try RunningView(area, share: share.path)
            for _ in 0..<2 {
                let found = try listed(view)
                #expect(Set(found) == names)
                #expect(found.count == names.count)
                #expect(try view.contents("folder/file 7") == Array("file 7".utf8))
            }
            let refused = try #require(view.status().namespace.refusedEntries)
            #expect((refused > 0) == (lie != "none"))
            let said = view.process.output.components(
                separatedBy: "entries of a folder are left out")
            #expect(said.count == (lie == "none" ? 1 : 2), "\(view.process.output)")
            // The truth again: nothing of the lie is left.
            try share.control("lie", "none")
            try view.evict()
            #expect(Set(try listed(view)) == names)
            try view.stop()
        }

        /// The share's own listing has them, and its own error is whoever's who wants more of them than the name.
        @Test(arguments: ["typeless", "unreadable"])
        func whatHasNoAttributesIsListed(lie: String) throws {
            let share = try RunningSlowShare(area, directory: truth)
            try share.control("lie", lie)
            let view = try RunningView(area, share: share.path)
            for round in 0..<2 {
                #expect(Set(try listed(view)) == names, "\(round)")
                for name in names {
                    let path = "\(view.path)/folder/\(name)"
                    let looked = try view.guarded("stat") { Result { try Calls.status(path) } }
                    if name.hasPrefix("bad") {
                        #expect(throws: Errno.ioError) { try looked.get() }
                    } else {
                        #expect(try looked.get().st_size == name.utf8.count)
                    }
                }
                // The second time from the index, and no better than the first.
                if round == 0 { try view.restart() }
            }
            #expect(try view.status().namespace.refusedEntries == 0)
            try share.control("lie", "none")
            #expect(try view.contents("folder/bad 1") == Array("bad 1".utf8))
            try view.stop()
        }

        /// The deadline is for one answer of the share: a folder takes as long as it takes, and who hangs is noticed.
        @Test func aFolderMayTakeLongerThanTheDeadline() throws {
            let share = try RunningSlowShare(area, directory: truth, roundTrip: "80ms")
            var options = RunningView.Options()
            options.timeout = "2s"
            let view = try RunningView(area, share: share.path, options)
            let start = ContinuousClock.now
            #expect(Set(try listed(view)) == names)
            #expect(ContinuousClock.now - start > .seconds(3), "the folder was too fast to tell")
            try view.evict()
            try share.control("hang")
            #expect(throws: Errno.timedOut) { try listed(view) }
            try share.control("resume")
            try view.stop()
        }

        @Test func aFolderThatGoesRoundInCirclesEnds() throws {
            let share = try RunningSlowShare(area, directory: truth)
            try share.control("lie", "circle")
            let view = try RunningView(area, share: share.path)
            #expect(throws: Errno.symlinkLoop) { try listed(view) }
            #expect(view.process.output.contains("lists the same names again and again"))
            try share.control("lie", "none")
            #expect(Set(try listed(view)) == names)
            try view.stop()
        }

        private func residentMegabytes(_ view: RunningView, _ field: String) throws -> Int {
            let text = try String(
                contentsOfFile: "/proc/\(view.process.pid)/status", encoding: .utf8)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(field) })
            return (Int(line.filter(\.isNumber)) ?? 0) / 1024
        }

        /// 540 bytes for each name that is known (docs/PERFORMANCE.md), and little more for a moment.
        @Test(.needsRoot) func aLargeFolderTakesWhatItsNamesTakeAndGivesItBack() throws {
            let count = 100_000
            let share = try RunningSlowShare(area, directory: truth)
            try share.control("lie", "many", "\(count)")
            let view = try RunningView(area, share: share.path)
            let before = try residentMegabytes(view, "VmRSS")
            #expect(try listed(view, within: 120).count == count + names.count)
            let peak = try residentMegabytes(view, "VmHWM")
            #expect(peak - before < 54 + 60, "\(before) MB before, \(peak) MB at most")
            try share.control("lie", "none")
            // What the kernel refers to stays known.
            try waitUntil("the folder is forgotten", within: 60, poll: 0.2) {
                try "2".write(
                    toFile: "/proc/sys/vm/drop_caches", atomically: false, encoding: .utf8)
                try view.evict()
                let known = try view.status().namespace.knownFiles
                let now = try residentMegabytes(view, "VmRSS")
                // Less than the names took; how much less is up to the allocator.
                return known < 100 && now - before < 50 ? () : nil
            }
            try view.stop()
        }
    }
}
