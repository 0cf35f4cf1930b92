import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

/// Finding what is stored by size and time, or below a folder.
@Suite struct VersionTableTests {
    @Test func findsWhatAWalkWouldFind() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(seed: seed)
        var table = VersionTable()
        var rows: [(row: Int64, file: MadeFile)] = []
        for number in 1...9000 {
            let folder = Int.random(in: 0..<40, using: &generator)
            let file = MadeFile(
                "top/\(folder)/in/\(number)", size: .random(in: 0..<50, using: &generator),
                version: .random(in: 0..<100, using: &generator))
            let row = try #require(ObjectRow(Int64(number)))
            let isTaken = table.insert(file.identity, at: row)
            #expect(isTaken)
            rows.append((row.number, file))
            guard number % 500 == 0 else { continue }
            let size = Int64.random(in: 0..<50, using: &generator)
            let first = 1_700_000_000 + Int64.random(in: 0..<100, using: &generator)
            let expected = rows.filter {
                let found = $0.file.identity.fingerprint
                return found.size == size && (first...first + 4).contains(found.modified.seconds)
            }
            let found = Set(table.rows(size: size, seconds: first...first + 4).map(\.number))
            #expect(found.isSuperset(of: expected.map(\.row)), "seed \(seed)")
            #expect(found.count <= expected.count + 4, "seed \(seed): equal hashes are rare")
        }
        for folder in ["top", "top/7", "top/7/in"] {
            #expect(table.mayHold(below: MadeFile(folder, size: 1).identity.path))
        }
        for folder in ["other", "top/70", "top/7/in/5"] {
            #expect(!table.mayHold(below: MadeFile(folder, size: 1).identity.path))
        }
    }

    /// What is stored, removed and evicted before and after the table is made, and by whatever way; the tier has in the end
    /// what plain rules say.
    @Test func whatHasToLeaveLeavesAndNothingElse() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(seed: seed)
        let fixture = try DiskFixture()
        func randomFile() -> MadeFile {
            let folder = ["a", "a/b", "c"].randomElement(using: &generator) ?? "a"
            return MadeFile(
                "\(folder)/\(Int.random(in: 0..<6, using: &generator))",
                size: 3000 + .random(in: 0..<3, using: &generator),
                version: .random(in: 0..<8, using: &generator))
        }
        var stored: [RelativePath: MadeFile] = [:]
        for step in 0..<150 {
            let file = randomFile()
            let (path, fingerprint) = (file.identity.path, file.identity.fingerprint)
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<12:
                // The older version of the path goes, where the index has it already.
                fixture.tier.drain()
                fixture.storeAll(file)
                stored[path] = file
            case 12..<15:
                fixture.tier.discardDurably(
                    size: fingerprint.size, modified: fingerprint.modified)
                stored = stored.filter {
                    let other = $0.value.identity.fingerprint
                    return other.size != fingerprint.size
                        || abs(other.modified.seconds - fingerprint.modified.seconds) > 2
                }
            case 15, 16:
                fixture.tier.discardDurably(path.parent, isFolder: true)
                stored = stored.filter {
                    !$0.key.components.starts(with: path.parent.components)
                }
            case 17:
                fixture.tier.discardDurably(path)
                stored[path] = nil
            case 18:
                fixture.tier.evict(path)
                stored[path] = nil
            default:
                try fixture.reopen()
            }
            guard step % 10 == 9 else { continue }
            fixture.tier.drain()
            for (path, file) in stored {
                #expect(fixture.checkAll(file) == 1, "seed \(seed), step \(step): \(path)")
            }
            #expect(fixture.tier.statistics.objects == stored.count, "seed \(seed), step \(step)")
        }
    }

    /// Once the table is made, a time that is set by hand takes no look at every object.
    @Test func theIndexIsWalkedOnce() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("film", size: 3000)
        fixture.storeAll(file)
        fixture.tier.drain()
        let other = Timestamp(seconds: 1)
        fixture.tier.discardDurably(size: 3000, modified: other)
        #expect(fixture.tier.core.index.readers.close(patience: .seconds(5)))
        fixture.tier.discardDurably(size: 3000, modified: other)
        #expect((try? FileCalls.attributes(ofPath: fixture.path + "/UNREMOVED")) == nil)
        fixture.tier.core.index.readers.open()
        #expect(fixture.checkAll(file) == 1)
    }
}
