import Control
import Model
import Testing

@testable import larder

/// What `larder pin` and `larder unpin` say, also with a daemon that an older Larder started.
@Suite struct PinCommandTests {
    private let folder = RelativePath(["zoo"])
    private let file = RelativePath(["zoo", "lion.jpg"])

    private func report(
        _ pins: [PinReport.Pin] = [], changed: [RelativePath] = [], covering: PinReport.Pin? = nil
    ) -> PinReport {
        PinReport(
            pins: pins, limitBytes: 9, wasLost: false, changed: changed, covering: covering,
            progress: PinReport.Progress(
                isAtWork: false, isComplete: true, files: 1, bytes: 7, fetchedBytes: 0,
                failures: 0, tooManyFiles: 0))
    }

    private func pin(_ path: RelativePath, _ priority: PinPriority?) -> PinReport.Pin {
        PinReport.Pin(path: path, bytes: 7, priority: priority)
    }

    @Test func prioritiesAreSaid() {
        func said(
            _ asked: PinPriority?, _ now: PinPriority?, hasChanged: Bool = true
        ) -> String {
            PinCommand.pinned(
                report(
                    changed: hasChanged ? [folder] : [],
                    covering: now.map { pin(folder, $0) }),
                "1 file", asked: asked)
        }
        let fetched = ": 1 file; what is not in the cache is fetched in the background"
        let older = "; its daemon is older and keeps no priorities: mount the view anew"
        #expect(said(nil, .medium) == "pinned" + fetched)
        #expect(said(.high, .high) == "pinned with high priority" + fetched)
        #expect(
            said(nil, .low, hasChanged: false)
                == "was pinned with low priority: 1 file; looked through again for what is new")
        #expect(said(nil, nil) == "pinned" + fetched)
        #expect(said(.high, nil) == "pinned" + fetched + older)
        #expect(PinCommand.text(pin(folder, .high)) == "7 B, high priority")
        #expect(PinCommand.text(pin(folder, nil)) == "7 B")
    }

    /// A daemon names the first thousand pins, and the one that was asked for.
    @Test func thePinThatCoversAPathIsFoundAmongAll() {
        let many = (0...PinReport.namedMax).map { pin(RelativePath([Name("a\($0)")]), .medium) }
        func said(
            _ covering: PinReport.Pin?, _ pins: [PinReport.Pin], changed: [RelativePath] = []
        ) -> String {
            PinCommand.freed(
                report(pins, changed: changed, covering: covering), file, view: "/v")
        }
        let above = pin(folder, .medium)
        #expect(
            said(above, many + [above])
                == "is pinned with /v/zoo, which would have to be given free")
        #expect(
            said(above, many + [above], changed: [file])
                == "given free (1 pin), and pinned with /v/zoo still")
        #expect(said(nil, many) == "was not pinned")
        // From a daemon that names the first of them only.
        #expect(said(nil, [above]) == "is pinned with /v/zoo, which would have to be given free")
        #expect(
            said(nil, many, changed: [file])
                == "given free (1 pin): what is cached of it stays until room is needed")
    }
}
