import Foresight
import Model
import Testing

@testable import View

/// What of opens and reads is told to the history.
@Suite struct OpenReaderTests {
    private func open(size: Int64) -> OpenReader {
        var open = OpenReader(
            Reader(userID: 0, processID: 1, handle: 7, program: "mpv"), path: RelativePath(["a"]))
        open.size = size
        return open
    }

    @Test func readsThatGoOnAreOneAndEndWithTheFile() {
        var open = open(size: 10_000)
        let ended1 = open.join(0..<4096)
        #expect(ended1 == nil)
        let ended2 = open.join(4096..<8192)
        #expect(ended2 == nil)
        // The kernel asks for whole pages, and for some twice.
        let ended3 = open.join(4096..<12_288)
        #expect(ended3 == nil)
        #expect(open.run == 0..<10_000)
        let ended4 = open.join(12_288..<16_384)
        #expect(ended4 == nil, "behind the end is nothing")
        #expect(open.run == 0..<10_000)
        let ended5 = open.join(0..<4096)
        #expect(ended5 == nil, "what was read is read again")
        #expect(open.run == 0..<10_000)
    }

    @Test func whoJumpsEndsARun() {
        var open = open(size: 1 << 20)
        let ended6 = open.join(4096..<8192)
        #expect(ended6 == nil)
        let ended7 = open.join(65_536..<69_632)
        #expect(ended7 == 4096..<8192)
        let ended8 = open.join(0..<4096)
        #expect(ended8 == 65_536..<69_632, "backwards")
        #expect(open.run == 0..<4096)
    }

    @Test func whoJumpsForEverIsNotToldForEver() {
        var open = open(size: 1 << 30)
        let told = (0..<1000).count {
            open.join(Int64($0) * 65_536..<Int64($0) * 65_536 + 1) != nil
        }
        #expect(told == OpenReader.runsMax + 1)
    }

    @Test func nothingIsKeptWithoutAName() {
        var open = open(size: 1 << 20)
        open.path = nil
        let ended9 = open.join(0..<4096)
        #expect(ended9 == nil && open.run == nil)
    }

    @Test func whatIsOpenedAgainWithinSecondsIsTheSameUse() {
        var recent = RecentOpens()
        let player = Reader(userID: 1, processID: 1, handle: 1, program: "mpv")
        var again = player
        (again.processID, again.handle) = (2, 9)
        let other = Reader(userID: 1, processID: 1, handle: 1, program: "vlc")
        let file = NodeID(raw: 5)
        let opens = [
            (file, player, 1), (file, again, 10), (NodeID(raw: 6), player, 10), (file, other, 10),
            (file, player, 11),
        ]
        let isNew = opens.map { recent.note($0, $1, at: .seconds($2)) }
        // Another process of the program is still at it; another file, another program and ten seconds later are not.
        #expect(isNew == [true, false, true, true, true])
    }
}
