import Control
import Model
import Platform
import Testing

@testable import larder

@Suite struct EvictCommandTests {
    @Test func saysWhatWasFreed() {
        let path = RelativePath(["a", "b"])
        let line = { (report: EvictionReport) in EvictCommand.line(report, view: "/v") }
        #expect(line(EvictionReport(path: path)) == "/v/a/b: nothing was cached")
        #expect(
            line(EvictionReport(path: path, files: 1, chunks: 1, bytes: 1 << 20))
                == "/v/a/b: forgot 1.00 MiB in 1 chunk of 1 file")
        #expect(
            line(
                EvictionReport(path: RelativePath(), files: 2000, chunks: 3, bytes: 5, listings: 4))
                == "/v: forgot 5 B in 3 chunks of 2,000 files, 4 listings")
        #expect(line(EvictionReport(path: path, error: "no")) == "/v/a/b: no")
        #expect(
            line(EvictionReport(path: RelativePath(["\u{1B}"]), bytes: 5)) == "/v/?: forgot 5 B")
    }

    @Test func requestsStayWithinTheProtocol() throws {
        let control = WirePath(RelativePath([Name([UInt8](repeating: 1, count: 255))]))
        let broken = WirePath(RelativePath([Name([UInt8](repeating: 255, count: 255))]))
        let short = WirePath(RelativePath(["x"]))
        let paths =
            Array(repeating: control, count: 2000) + Array(repeating: broken, count: 2000)
            + Array(repeating: short, count: 9000)
        let batches = PathsByView.batches(paths)
        #expect(batches.flatMap { $0 } == paths)
        for batch in batches {
            #expect(batch.count <= ControlRequest.pathsMax)
            #expect(
                try WireFormat.line(ControlRequest.evict(batch)).count
                    <= WireFormat.requestBytesMax)
        }
        #expect(PathsByView.batches([]) == [])
    }
}

@Suite struct ViewLocatorTests {
    private let locator = ViewLocator(
        table: MountTable(
            parsing: Array(
                """
                1 0 8:1 / / rw - ext4 /dev/sda1 rw
                2 1 0:50 / /nonexistent/my\\040view rw - fuse.larder /share rw,user_id=7
                3 2 0:51 / /nonexistent/my\\040view/inner rw - nfs4 nas:/ rw
                4 1 0:52 / /nonexistent/other rw - fuse.larder /old rw,user_id=0
                5 1 0:53 / /nonexistent/other rw - tmpfs none rw

                """.utf8)), workingDirectory: Array("/nonexistent/my view/sub".utf8))

    private func locate(_ path: String) -> (String, UInt32, String)? {
        locator.locate(Array(path.utf8)).map { ($0.view.path, $0.view.owner, "\($0.path)") }
    }

    @Test func findsTheViewAbove() throws {
        let absolute = try #require(locate("/nonexistent/my view/a//b/../c"))
        #expect(absolute == ("/nonexistent/my view", 7, "a/c"))
        let relative = try #require(locate("film"))
        #expect(relative == ("/nonexistent/my view", 7, "sub/film"))
        let root = try #require(locate("/nonexistent/my view"))
        #expect(root == ("/nonexistent/my view", 7, "."))
    }

    /// Nothing in a view is looked at on the way.
    @Test func findsTheViewWithoutAskingIt() throws {
        let find = { (path: String) in
            locator.locateLocally(Array(path.utf8)).map { ($0.view.path, "\($0.path)") }
        }
        let absolute = try #require(find("/nonexistent/my view/a//b/../c"))
        #expect(absolute == ("/nonexistent/my view", "a/c"))
        #expect(try #require(find("film")) == ("/nonexistent/my view", "sub/film"))
        #expect(try #require(find("/nonexistent/my view")) == ("/nonexistent/my view", "."))
        #expect(find("/nonexistent/my view/inner/x") == nil)
        #expect(find("/nonexistent/my views") == nil && find("/etc") == nil)
    }

    @Test func doesNotReachThroughOtherMountsOrOutside() {
        #expect(locate("/nonexistent/my view/inner/x") == nil)
        #expect(locate("/nonexistent/my views") == nil)
        #expect(locate("/etc") == nil)
        // Hidden below a later mount.
        #expect(locate("/nonexistent/other/x") == nil)
    }

    @Test func listsVisibleViewsOnly() {
        #expect(locator.views.map(\.path) == ["/nonexistent/my view"])
    }
}
