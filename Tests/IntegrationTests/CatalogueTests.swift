import Control
import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// All folders of the share, known before anybody looks.
    @Suite struct CatalogueTests {
        private let area = Area.current
        private let truth: String
        private static let folders = 30
        private static let files = 40

        init() throws {
            truth = try area.makeDirectory("truth")
            for number in 0..<Self.folders {
                let folder = "\(truth)/f\(number)/inside"
                try Calls.makeDirectory("\(truth)/f\(number)")
                try Calls.makeDirectory(folder)
                for file in 0..<Self.files { try Calls.write([7], to: "\(folder)/\(file).txt") }
            }
        }

        private func options(_ more: String...) -> RunningView.Options {
            var options = RunningView.Options.eventual(propagation: "1h")
            options.ttl = "2h"
            options.more = ["catalogue=on"] + more
            return options
        }

        /// As `find -ls`, without what the kernel knows. - Returns: what the share was asked.
        private func find(_ view: RunningView, _ share: RunningSlowShare) throws -> Int {
            let before = try share.statistics().operationsTotal
            let found = try view.guarded("find") {
                var count = 0
                for (_, status) in try FileTree.paths(view.path.pathBytes) {
                    count += status.isDirectory ? 0 : 1
                }
                return count
            }
            #expect(found == Self.folders * Self.files)
            return try share.statistics().operationsTotal - before
        }

        private func waitForCatalogue(_ view: RunningView) throws -> StatusReport.Catalogue {
            try waitUntil("all is known", within: 60, poll: 0.1) {
                let catalogue = try view.status().catalogue
                return catalogue?.state == .complete ? catalogue : nil
            }
        }

        @Test func findAsksTheShareForNothing() throws {
            let share = try RunningSlowShare(area, directory: truth, roundTrip: "2ms")
            let view = try RunningView(area, share: share.path, options())
            let known = try waitForCatalogue(view)
            #expect(known.folders == 1 + 2 * Self.folders && known.skipped == 0)
            #expect(known.names == Self.folders * (2 + Self.files))
            try view.waitForShare()
            #expect(try find(view, share) == 0)
            let text = try area.run(BuiltPrograms.larder, ["status", view.path], within: 20)
            #expect(text.output.contains("complete: 61 folders, 1,260 names"), "\(text)")

            // From the index, and while the share is away.
            try view.restart(options("catalogue=off"))
            #expect(try find(view, share) == 0)
            try view.restart(options("catalogue=off"))
            try share.control("offline")
            #expect(
                try view.guarded("list") { try Calls.names("\(view.path)/f7/inside") }.count
                    == Self.files)
            try share.control("online")
        }
    }
}
