import Control
import Foundation
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// `doctor`, `list` and `status` beside shares and daemons that hang or have died.
    @Suite struct DoctorTests {
        private let area = Area.current

        private struct Report: Decodable {
            struct Finding: Decodable {
                var check: String
                var level: String
                var path: String?
                var says: String
                var figures: [String: Double]?
            }
            struct View: Decodable {
                var view: String
                var findings: [Finding]
            }
            var worst: String
            var machine: [Finding]
            var views: [View]

            func level(_ check: String) -> String? {
                views.flatMap(\.findings).first { $0.check == check }?.level
            }
        }

        private struct Listing: Decodable {
            struct View: Decodable {
                var view: String
                var state: String
                var pid: Int32?
                var memoryBytes: Int64?
            }
            var version: Int
            var views: [View]
        }

        private func larder(_ arguments: String...) throws -> CommandResult {
            try area.run(BuiltPrograms.larder, arguments, within: 60)
        }

        private func report(_ result: CommandResult) throws -> Report {
            try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        }

        /// What `larder list` says of one view; nil when it is not listed.
        private func listed(_ view: String) throws -> Listing.View? {
            let result = try larder("list", "--json")
            guard result.code != 3 else { return nil }
            #expect(result.isSuccess, "\(result)")
            let listing = try JSONDecoder().decode(Listing.self, from: Data(result.output.utf8))
            #expect(listing.version == 1)
            return listing.views.first { $0.view == view }
        }

        private func makeShare() throws -> RunningSlowShare {
            let truth = try area.makeDirectory("truth")
            try TestLibrary.file("\(truth)/film.mkv", [UInt8](repeating: 7, count: 4_000_000))
            return try RunningSlowShare(area, directory: truth)
        }

        @Test func aShareThatHangsHoldsUpNobody() throws {
            let share = try makeShare()
            let view = try area.makeDirectory("view")
            let cache = "cache=\(area.path("cache"))"
            try share.control("hang")
            // That the command ends at all, while its question is still with the share, is the point.
            let text = try larder("doctor", share.path, view, "-o", cache, "--measure")
            #expect(text.code == 1, "\(text)")
            #expect(text.output.contains("did not answer within"), "\(text)")
            let hung = try report(try larder("doctor", share.path, view, "-o", cache, "--json"))
            #expect(hung.worst == "problem" && hung.level("shareAnswers") == "problem")
            // A note where this machine is slow just then.
            let isWell = ["ok", "note"]
            #expect(isWell.contains(hung.level("viewPlace") ?? ""))
            #expect(isWell.contains(hung.level("cacheRights") ?? ""))
            #expect(hung.level("shareSpeed") == nil, "what hangs is not measured")
            try share.control("resume")
            // A question that is still being answered must not hold up the end of the test.
            let well = try waitUntil("the share is well again") { () -> Report? in
                let result = try larder("doctor", share.path, view, "-o", cache, "--json")
                return result.isSuccess ? try report(result) : nil
            }
            #expect(isWell.contains(well.level("shareAnswers") ?? ""))
            #expect(well.level("shareMounted") == "ok")
        }

        @Test func aMountedViewIsExaminedWithItsShareAndItsCache() throws {
            let share = try makeShare()
            let view = try RunningView(area, share: share.path)
            #expect(try view.contents("film.mkv").count == 4_000_000)
            // A daemon has seconds to answer, which may be short on a machine that tests keep busy.
            let found = try waitUntil("the daemon answered in time") { () -> Report? in
                let result = try larder("doctor", "\(view.path)/film.mkv", "--json", "--measure")
                #expect(result.isSuccess, "\(result)")
                let found = try report(result)
                return found.level("viewState") == "ok" ? found : nil
            }
            #expect(found.views.map(\.view) == [view.path])
            let findings = found.views.flatMap(\.findings)
            #expect(
                findings.first { $0.check == "cacheRights" }?.path == view.cache, "\(findings)")
            #expect(found.level("cacheHoles") == "ok")
            let speed = try #require(findings.first { $0.check == "shareSpeed" })
            #expect(speed.figures?["bytesPerSecond"] ?? 0 > 0 && speed.figures?["lanes"] == 16)
            try view.kill()
            let dead = try report(try larder("doctor", view.path, "--json"))
            #expect(dead.level("viewMount") == "problem" && dead.worst == "problem")
            #expect(dead.level("shareAnswers") == "ok", "the share comes from the mount table")
        }

        @Test func aDaemonThatHangsIsSaidToHang() throws {
            let share = try makeShare()
            let view = try RunningView(area, share: share.path)
            view.process.send(SIGSTOP)
            defer { view.process.send(SIGCONT) }
            let status = try larder("status", "\(view.path)/film.mkv")
            #expect(status.code == 1 && status.output.contains("did not answer"), "\(status)")
            #expect(try listed(view.path)?.state == "noAnswer")
            let doctor = try larder("doctor", view.path, "--json")
            #expect(doctor.code == 1)
            #expect(try report(doctor).level("viewMount") == "problem")
        }

        @Test func theListShowsEachStateOfAView() throws {
            let share = try makeShare()
            let view = try RunningView(area, share: share.path)
            #expect(try view.contents("film.mkv").count == 4_000_000)
            let up = try #require(try listed(view.path))
            #expect(up.state == "ok" && up.pid == view.process.pid)
            #expect(up.memoryBytes ?? 0 >= 4_000_000)
            let text = try larder("list")
            #expect(text.isSuccess && text.output.contains(view.path), "\(text)")

            // Taken away under its user, the daemon goes on.
            var held: OpenFile? = try view.guarded("open") {
                try Calls.open("\(view.path)/film.mkv")
            }
            #expect(try larder("unmount", "--lazy", view.path).isSuccess)
            #expect(try listed(view.path)?.state == "notMounted")
            #expect(held != nil)
            held = nil
            _ = try view.process.wait("the daemon", within: 20)
            #expect(try listed(view.path) == nil)

            try view.start()
            try view.kill()
            #expect(try listed(view.path)?.state == "dead")
            #expect(try larder("unmount", view.path).isSuccess)
            #expect(try listed(view.path) == nil)
        }

        /// What the index has is more than what the daemon has looked at since it started.
        @Test func evictCountsWhatAnEarlierDaemonCached() throws {
            let truth = try area.makeDirectory("share")
            try Calls.makeDirectory("\(truth)/films")
            for name in ["a.mkv", "b.mkv"] {
                let bytes = [UInt8](repeating: 9, count: 300_000)
                try TestLibrary.file("\(truth)/films/\(name)", bytes)
            }
            for folder in ["\(truth)/films", truth] {
                try Calls.setModified(folder, seconds: TestLibrary.longAgo)
            }
            let view = try RunningView(area, share: truth)
            for name in ["a.mkv", "b.mkv"] {
                #expect(try view.contents("films/\(name)").count == 300_000)
            }
            #expect(try view.guarded("list") { try Calls.names("\(view.path)/films") }.count == 2)
            try view.waitForDisk()
            try view.restart()
            let evicted = try view.evict()
            #expect(evicted.isSuccess, "\(evicted)")
            #expect(evicted.output.contains("of 2 files"), "\(evicted)")
            #expect(evicted.output.contains("listing"), "\(evicted)")
            #expect(try view.evict().code == 3, "nothing is left to forget")
            try view.stop()
        }
    }
}
