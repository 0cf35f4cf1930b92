import Glibc
import Model
import TestSupport
import Testing

@testable import Platform

/// A thread that acts for somebody has his rights, and afterwards its own again.
@Suite struct ThreadIdentityTests {
    private let ann = Credentials(userID: 23_001, groupID: 23_001, supplementaryGroups: [23_050])

    private func opens(_ path: String, _ flags: OpenFlags = .readOnly) -> Errno? {
        do throws(Errno) {
            _ = try FileCalls.open(path, flags)
            return nil
        } catch {
            return error
        }
    }

    @Test(.enabled(if: Requirement.isMet(geteuid() == 0), "needs root"))
    func aThreadHasTheRightsOfWhomItActsFor() throws {
        let place = try TemporaryDirectory()
        try #require(chmod(place.path, 0o777) == 0)
        let own = try place.file("own", "x")
        let secret = try place.file("secret", "x")
        let shared = try place.file("shared", "x")
        try #require(chown(own, 23_001, 0) == 0 && chmod(own, 0o600) == 0)
        try #require(chmod(secret, 0o600) == 0)
        try #require(chown(shared, 0, 23_050) == 0 && chmod(shared, 0o640) == 0)

        let found = try ThreadIdentity.act(as: ann, umask: 0o027) { () throws(Errno) in
            let made = try FileCalls.open(
                at: FileCalls.workingDirectory, Array("\(place.path)/made".utf8),
                [.writeOnly, .create], mode: 0o666)
            return (
                opens(own), opens(secret), opens(shared), opens(shared, .readWrite),
                try FileCalls.attributes(of: made.rawValue)
            )
        }
        #expect(found.0 == nil)
        #expect(found.1 == .accessDenied)
        #expect(found.2 == nil, "by its supplementary group")
        #expect(found.3 == .accessDenied)
        #expect(found.4.userID == 23_001 && found.4.mode & 0o777 == 0o640)

        #expect(opens(secret) == nil, "the thread has its own rights again")
        #expect(throws: Errno.exists) {
            try ThreadIdentity.act(as: ann, umask: nil) { () throws(Errno) in throw .exists }
        }
        #expect(opens(secret) == nil)
    }

    @Test func whatProcSaysIsUnderstood() throws {
        let text = """
            Name:\tcat
            Uid:\t1\t2\t3\t1000
            Gid:\t5\t6\t7\t100
            Groups:\t4 24 27 
            CapEff:\t0000000000000003
            """
        let found = try #require(ProcessCredentials.parse(Array(text.utf8)))
        #expect(found.userID == 1000 && found.groupID == 100)
        #expect(found.supplementaryGroups == [4, 24, 27])
        #expect(found.has(.overrideAccess) && found.has(.chown) && !found.has(.fileOwner))
        #expect(ProcessCredentials.parse(Array("Uid:\t1\t2\t3\t4".utf8)) == nil)
    }

    @Test func anothersThreadGivesNobodyRights() {
        let own = ProcessCredentials.of(
            thread: getpid(), userID: geteuid(), groupID: getegid())
        #expect(own.userID == geteuid())
        // In this process's own user namespace capabilities count.
        #expect(geteuid() != 0 || own.has(.overrideAccess))
        // The number is another's by now: nothing of it counts.
        let other = ProcessCredentials.of(
            thread: getpid(), userID: geteuid() + 1, groupID: getegid())
        #expect(other.supplementaryGroups == [] && other.capabilities == 0)
        let gone = ProcessCredentials.of(thread: 0, userID: 0, groupID: 0)
        #expect(gone.capabilities == 0)
    }
}
