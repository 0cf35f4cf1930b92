import Testing

@testable import Model

/// Lists of NFSv4 by the POSIX list that stands for them, as users meet it.
@Suite struct NFS4AccessControlListTests {
    /// Bits of NFSv4 (RFC 8881, 6.2.1.3.1) beside those of reading, writing and executing, as a Linux server sends them.
    private static let always: UInt32 = 0x120080

    private struct Line {
        var isRefusal = false
        var flags: UInt32 = 0
        var who: String
        var permissions: UInt32
        var more: UInt32 = always
    }

    private func word(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    private func value(_ lines: [Line]) -> [UInt8] {
        lines.reduce(into: word(UInt32(lines.count))) { value, line in
            let mask: UInt32 =
                (line.permissions & 4 != 0 ? 1 : 0) | (line.permissions & 2 != 0 ? 6 : 0)
                | (line.permissions & 1 != 0 ? 0x20 : 0)
            let name = Array(line.who.utf8)
            value += word(line.isRefusal ? 1 : 0) + word(line.flags)
            value += word(mask | (line.isRefusal ? 0 : line.more)) + word(UInt32(name.count))
            value += name + Array(repeating: 0, count: (4 - name.count % 4) % 4)
        }
    }

    private func plain(_ owner: UInt32, _ group: UInt32, _ other: UInt32) -> [Line] {
        [
            Line(who: "OWNER@", permissions: owner), Line(who: "GROUP@", permissions: group),
            Line(who: "EVERYONE@", permissions: other),
        ]
    }

    /// Owner 7, group 9.
    private func mayDo(
        _ user: UInt32, in groups: [UInt32] = [], _ lines: [Line], mode: UInt32 = 0o640
    ) throws -> UInt32 {
        let list = try #require(NFS4AccessControlList(value(lines)))
        let file = FileAttributes(
            inode: 1, mode: FileKind.regular.rawValue | mode, userID: 7, groupID: 9)
        let known = list.posixList(mode: mode).map { AccessList($0) } ?? AccessList.none
        let caller = Credentials(userID: user, groupID: user, supplementaryGroups: groups)
        let rights: [(Credentials.Access, UInt32)] = [(.read, 4), (.write, 2), (.execute, 1)]
        return rights.reduce(0) { $0 | (caller.allows($1.0, on: file, known) ? $1.1 : 0) }
    }

    @Test func whatTheModeSaysAsWellTakesNoList() throws {
        let list = try #require(NFS4AccessControlList(value(plain(6, 4, 0))))
        #expect(list.posixList(mode: 0o100640) == nil)
        #expect(list.posixList(mode: 0o100644) != nil, "the mode says more")
    }

    /// As the kernel's server has them for `setfacl -m u:1001:-` of a file 644, and `-m u:1001:rw,g:1001:r` of one 600.
    @Test func listsOfALinuxServerAreWhatTheyWereMadeFrom() throws {
        let refused: [UInt8] = [
            0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16, 0x01, 0x87, 0, 0, 0, 6, 0x4f, 0x57, 0x4e,
            0x45,
            0x52, 0x40, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0x31, 0x30, 0x30,
            0x31,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0, 0x80, 0, 0, 0, 4, 0x31, 0x30, 0x30, 0x31,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0, 0x81, 0, 0, 0, 6, 0x47, 0x52, 0x4f, 0x55, 0x50,
            0x40, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0, 0x81, 0, 0, 0, 9, 0x45, 0x56, 0x45, 0x52, 0x59,
            0x4f, 0x4e,
            0x45, 0x40, 0, 0, 0,
        ]
        let list = try #require(NFS4AccessControlList(refused)?.posixList(mode: 0o100644))
        func entry(_ tag: UInt8, _ permissions: UInt8, _ id: [UInt8] = [255, 255, 255, 255])
            -> [UInt8]
        { [tag, 0, permissions, 0] + id }
        let user = entry(2, 0, [0xe9, 0x03, 0, 0])
        #expect(
            list == [2, 0, 0, 0] + entry(1, 6) + user + entry(4, 4) + entry(16, 4) + entry(32, 4))
        let granting = [
            Line(who: "OWNER@", permissions: 6), Line(who: "1001", permissions: 6),
            Line(who: "GROUP@", permissions: 0), Line(flags: 0x40, who: "1001", permissions: 4),
            Line(who: "EVERYONE@", permissions: 0),
        ]
        #expect(try mayDo(1001, granting, mode: 0o660) == 6)
        #expect(try mayDo(1002, in: [1001], granting, mode: 0o660) == 4)
        #expect(
            try mayDo(1002, in: [9], granting, mode: 0o660) == 0, "the mode's bits are the mask")
        #expect(try mayDo(1002, granting, mode: 0o660) == 0)
        #expect(try mayDo(7, granting, mode: 0o660) == 6)
    }

    @Test func theFirstThatSpeaksOfItDecides() throws {
        let refusal = Line(isRefusal: true, who: "1001", permissions: 4)
        #expect(try mayDo(1001, [refusal] + plain(6, 4, 4), mode: 0o644) == 0)
        #expect(try mayDo(1001, plain(6, 4, 4) + [refusal], mode: 0o644) == 4)
        let group = Line(isRefusal: true, flags: 0x40, who: "50", permissions: 4)
        #expect(try mayDo(1001, in: [50], [group] + plain(6, 4, 4), mode: 0o644) == 0)
        #expect(try mayDo(1001, in: [51], [group] + plain(6, 4, 4), mode: 0o644) == 4)
        // To be in another group, that may read, does not help against a refusal that comes before.
        let both = [group, Line(flags: 0x40, who: "51", permissions: 4)] + plain(6, 0, 0)
        #expect(try mayDo(1001, in: [50, 51], both) == 0)
        #expect(try mayDo(1001, in: [50, 51], [both[1], both[0]] + plain(6, 0, 0)) == 4)
    }

    /// Nobody gets what a word or a name that is not known here may refuse him; what it grants is granted to nobody.
    @Test func whoCannotBeToldIsAnybodyWhereItRefuses() throws {
        let refusal = Line(isRefusal: true, who: "kim@example.org", permissions: 4)
        #expect(try mayDo(1001, [refusal] + plain(6, 4, 4), mode: 0o644) == 0)
        let grant = Line(who: "kim@example.org", permissions: 4)
        #expect(try mayDo(1001, [grant] + plain(6, 0, 0), mode: 0o600) == 0)
        let network = Line(isRefusal: true, who: "NETWORK@", permissions: 2)
        #expect(try mayDo(1001, [network] + plain(6, 6, 6), mode: 0o666) == 4)
    }

    @Test func toWriteTakesAllThatBelongsToIt() throws {
        let append = Line(who: "1001", permissions: 0, more: 0x4)
        #expect(try mayDo(1001, [append] + plain(6, 0, 0)) == 0)
        var refusal = value([Line(isRefusal: true, who: "1001", permissions: 0)] + plain(6, 6, 6))
        refusal[15] = 0x4
        let list = try #require(NFS4AccessControlList(refusal)?.posixList(mode: 0o666))
        #expect(list[14] == 4, "it may not be appended to, so not written")
    }

    /// Entries that new files in a folder are to have, audits and alarms say nothing of the file.
    @Test func whatIsNotAboutTheFileIsLeftOut() throws {
        let inherited = Line(flags: 0xb, who: "1001", permissions: 7)
        #expect(try mayDo(1001, plain(7, 0, 0) + [inherited], mode: 0o700) == 0)
        var audit = value([Line(who: "1001", permissions: 7)] + plain(7, 0, 0))
        audit[7] = 2
        let list = try #require(NFS4AccessControlList(audit))
        #expect(list.posixList(mode: 0o700) == nil)
    }

    @Test(arguments: [
        [], [0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 65],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 65, 65, 65],
    ])
    func whatIsNoListIsNone(bytes: [UInt8]) {
        #expect(NFS4AccessControlList(bytes) == nil)
    }
}
