import Control
import Model
import Platform
import TestSupport
import Testing

@testable import larder

/// What `larder verify` says, and how it compares with the share.
@Suite struct VerifyCommandTests {
    private let share: TemporaryDirectory

    init() throws {
        share = try TemporaryDirectory()
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws -> FileAttributes {
        let file = try FileCalls.open(
            "\(share.path)/\(name)", [.writeOnly, .create, .truncate], mode: 0o600)
        try FileContents.write(file.rawValue, bytes)
        return try FileCalls.attributes(of: file.rawValue)
    }

    /// What a daemon would say of these bytes, in blocks of 64 KiB.
    private func contents(
        _ name: Name, _ bytes: [UInt8], _ attributes: FileAttributes
    ) -> VerificationBatch.Contents {
        let blocks = stride(from: 0, to: bytes.count, by: 65_536).map { start -> [UInt64] in
            let block = Array(bytes[start..<min(start + 65_536, bytes.count)])
            return [UInt64(start), UInt64(block.count), XXH3.hash64(block)]
        }
        return VerificationBatch.Contents(
            path: RelativePath([name]),
            fingerprint: Fingerprint(size: attributes.size, modified: attributes.modified),
            blocks: blocks)
    }

    @Test func whatDiffersFromTheShareIsNamed() throws {
        var random = SplitMix(seed: 4)
        let (a, b) = (random.content(200_000), random.content(150_000))
        let (ofA, ofB) = (try write("a", a), try write("b", b))
        var wrong = b
        wrong[70_000] ^= 1
        var comparison = ShareComparison(share: share.path)
        var account = VerifyAccount(isCompared: true)
        var said: [String] = []
        let say = { (path: RelativePath, text: String) in said.append("\(path)") }
        let batch = [contents("a", a, ofA), contents("b", wrong, ofB), contents("gone", a, ofA)]
        try comparison.compare(batch, &account, say: say)
        // An older version, of which the cache has something still.
        var older = contents("a", a, ofA)
        older.modified.seconds -= 10
        try comparison.compare([older], &account, say: say)
        try comparison.finish(&account, say: say)
        #expect(comparison.different == [RelativePath(["b"])])
        #expect(said == ["b"])
        #expect(account.different == 1 && account.changed == 2 && account.unread == 0)
        #expect(account.comparedBytes >= 200_000 + 131_072)
        #expect(!account.isAllRight)
    }

    /// Each tier has something of each file: what is said of a version is said once.
    @Test func whatIsInTwoTiersIsToldOnce() throws {
        var random = SplitMix(seed: 4)
        let bytes = random.content(200_000)
        let (ofA, ofB) = (try write("a", bytes), try write("b", bytes))
        var wrong = bytes
        wrong[70_000] ^= 1
        var older = contents("a", bytes, ofA)
        older.modified.seconds -= 10
        let batch = [
            contents("a", bytes, ofA), older, contents("b", wrong, ofB),
            contents("gone", bytes, ofA),
        ]
        var comparison = ShareComparison(share: share.path)
        var account = VerifyAccount(isCompared: true)
        var said: [RelativePath] = []
        for _ in 0..<2 {
            try comparison.compare(batch, &account) { path, _ in said.append(path) }
        }
        try comparison.finish(&account) { path, _ in said.append(path) }
        #expect(comparison.different == [RelativePath(["b"])] && said == comparison.different)
        #expect(account.different == 1 && account.changed == 2 && account.unread == 0)
        #expect(account.comparedBytes == 400_000 + 131_072, "what is right is compared in both")
    }

    @Test func aFileThatIsWrittenMeanwhileIsNoDifference() throws {
        let before = [UInt8](repeating: 1, count: 1000)
        let attributes = try write("a", before)
        var comparison = ShareComparison(share: share.path)
        var account = VerifyAccount(isCompared: true)
        // The first look is at the file as it was, and finds what was written a moment later.
        var batch = contents("a", before, attributes)
        batch.blocks[0][2] ^= 1
        try comparison.compare([batch], &account) { _, _ in }
        _ = try write("a", before + [2])
        try comparison.finish(&account) { _, _ in }
        #expect(account.different == 0 && account.changed == 1 && comparison.different == [])
    }

    /// An empty mountpoint in place of the share: nothing of it was compared, and that is not "all right".
    @Test func aShareThatIsNotThereIsNotAllRight() throws {
        let before = [UInt8](repeating: 1, count: 1000)
        let attributes = try write("a", before)
        let batch = contents("a", before, attributes)
        var comparison = ShareComparison(share: share.path + "/not-mounted")
        var account = VerifyAccount(isCompared: true)
        try comparison.compare([batch], &account) { _, _ in }
        try comparison.finish(&account) { _, _ in }
        #expect(account.changed == 1 && !account.isAllRight)
        account.chunks = 1
        #expect(account.text.contains("is the share mounted?"))
    }

    @Test func theSummarySaysWhatWasFound() {
        var account = VerifyAccount(isCompared: false)
        #expect(account.text == "nothing is stored" && account.isEmpty)
        var batch = VerificationBatch()
        batch.chunks = 1200
        batch.bytes = 3 << 20
        account.add(batch)
        #expect(account.text == "1,200 chunks, 3.00 MiB checked: all right")
        #expect(account.progress(chunksOfAll: 2400) == "50 %  3.00 MiB checked")
        #expect(account.progress(chunksOfAll: nil) == "3.00 MiB checked")
        batch.damaged = [.init(path: RelativePath(["a"]), blocks: 3)]
        account.add(batch)
        account.add(batch)
        #expect(
            account.text == "3,600 chunks, 9.00 MiB checked; 6 damaged blocks of 1 file dropped")
        #expect(!account.isAllRight)
        #expect(
            VerifyAccount.text(batch.damaged[0])
                == "3 stored blocks are damaged and dropped; fetched again when wanted")
    }
}
