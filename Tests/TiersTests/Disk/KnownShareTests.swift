import Model
import Platform
import Share
import TestSupport
import Testing

@testable import Tiers

/// What a cache has of a share that is not there.
@Suite struct KnownShareTests {
    private let place = TemporaryDirectory()
    private var base: String { "\(place.path)/cache" }

    private func share(_ source: String) -> KnownShare {
        KnownShare(
            path: "/mnt/nas",
            mount: MountTable.Entry(
                device: "0:50", mountPoint: Array("/mnt/nas".utf8), options: ["rw"],
                fileSystemType: "nfs4", source: source, superOptions: ["rw", "hard"]),
            usage: FileSystemUsage(
                kind: 0x6969, blockSize: 4096, fragmentSize: 4096, blocks: 9, blocksFree: 8,
                blocksAvailable: 7, files: 6, filesFree: 5, nameLengthMax: 255),
            root: FileAttributes(device: 50, inode: 2, mode: 0o040755, linkCount: 3),
            asOf: Timestamp(seconds: 1_800_000_000, nanoseconds: 5))
    }

    private func remember(_ share: KnownShare, identity: UInt8) throws {
        let directory = try CacheDirectory.open(
            base: base, shareIdentity: ObjectKey(bytes: Array(repeating: identity, count: 32)),
            sharePath: share.path, view: "/media/nas")
        try directory.remember(share)
    }

    @Test func isWhatWasSeenLastAtThatPath() throws {
        #expect(CacheDirectory.known(base: base, sharePath: "/mnt/nas") == nil)
        try remember(share("nas:/films"), identity: 1)
        #expect(CacheDirectory.known(base: base, sharePath: "/mnt/nas") == share("nas:/films"))
        try remember(share("nas:/photos"), identity: 2)
        #expect(CacheDirectory.known(base: base, sharePath: "/mnt/nas") == share("nas:/photos"))
        #expect(CacheDirectory.known(base: base, sharePath: "/mnt/nas2") == nil)
        // Somebody has made room: nothing is cached any more.
        let cached = "\(base)/shares/\(String(repeating: "02", count: 16))"
        try FileCalls.rename(
            at: FileCalls.workingDirectory, Array(cached.utf8), to: Array("\(base)/gone".utf8))
        #expect(CacheDirectory.known(base: base, sharePath: "/mnt/nas") == nil)
    }

    /// Frozen, as in ``DiskFormatTests``; and whatever is damaged of it is not believed.
    @Test func theRecord() throws {
        try remember(share("nas:/films"), identity: 1)
        let path = "\(base)/paths/768b872a2a23d8491563b9c7ff13bc1b"
        let whole = try FileContents.read(path)
        let lines = String(decoding: whole, as: UTF8.self).split(separator: "\n").map(String.init)
        let json = [
            #"{"id":"01010101010101010101010101010101","share":{"asOf":{"nanoseconds":5,"secon"#,
            #"ds":1800000000},"mount":{"device":"0:50","fileSystemType":"nfs4","mountPoint":[4"#,
            #"7,109,110,116,47,110,97,115],"options":["rw"],"source":"nas:\/films","superOptio"#,
            #"ns":["rw","hard"]},"path":"\/mnt\/nas","root":{"accessed":{"nanoseconds":0,"seco"#,
            #"nds":0},"blockSize":4096,"blocks":0,"changed":{"nanoseconds":0,"seconds":0},"dev"#,
            #"ice":50,"generation":0,"groupID":0,"inode":2,"linkCount":3,"mode":16877,"modifie"#,
            #"d":{"nanoseconds":0,"seconds":0},"representedDevice":0,"size":0,"userID":0},"usa"#,
            #"ge":{"blockSize":4096,"blocks":9,"blocksAvailable":7,"blocksFree":8,"files":6,"f"#,
            #"ilesFree":5,"fragmentSize":4096,"kind":26985,"nameLengthMax":255}}}"#,
        ].joined()
        #expect(
            lines == ["b6b12c007476c7bd79bc46d5598bcf89f145b668e8cd70893ba742d7b1e8ee10", json])
        for place in stride(from: 0, to: whole.count, by: 7) {
            var bytes = whole
            bytes[place] ^= 1
            let file = try FileCalls.open(path, [.readWrite, .truncate])
            try FileContents.write(file.rawValue, bytes)
            #expect(CacheDirectory.known(base: base, sharePath: "/mnt/nas") == nil, "\(place)")
        }
        for count in stride(from: 0, to: whole.count, by: 11) {
            let file = try FileCalls.open(path, [.readWrite, .truncate])
            try FileContents.write(file.rawValue, Array(whole[..<count]))
            #expect(CacheDirectory.known(base: base, sharePath: "/mnt/nas") == nil, "\(count)")
        }
    }
}
