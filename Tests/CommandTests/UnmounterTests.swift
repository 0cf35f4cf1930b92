import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import larder

/// What a `fusermount3` says that is not the real one.
@Suite struct UnmounterTests {
    private let place: TemporaryDirectory

    init() throws {
        place = try TemporaryDirectory()
    }

    private func failure(_ script: String) throws -> CommandError? {
        let program = try place.file("fusermount3", "#!/bin/sh\n\(script)\n")
        chmod(program, 0o755)
        do throws(CommandError) {
            try Unmounter(userID: 1000, fusermount: program).unmount("/nonexistent/v", lazy: false)
            return nil
        } catch {
            return error
        }
    }

    @Test func passesOnWhatFusermountSaid() throws {
        let error = try #require(
            try failure("echo 'fusermount3: failed to chdir to /: out of \u{1B}cheese' >&2; exit 1")
        )
        #expect(error.code == .failure)
        #expect(
            error.message
                == "/nonexistent/v cannot be unmounted; fusermount3 says: failed to chdir to /: out of ?cheese"
        )
        let two = try #require(try failure("echo one; echo 'fusermount3: two'; exit 1"))
        #expect(two.message.hasSuffix("says: one; two"))
        let silent = try #require(try failure("exit 3"))
        #expect(silent.message.hasSuffix("says: nothing, and ended with exit code 3"))
    }

    @Test func knowsWhatItMeans() throws {
        #expect(try failure("exit 0") == nil)
        let denied = "echo 'fusermount3: umount of /v failed: Operation not permitted'; exit 1"
        #expect(try #require(try failure(denied)).message.contains("somebody else"))
        let absent = "echo 'fusermount3: entry for /v not found in /etc/mtab'; exit 1"
        #expect(try #require(try failure(absent)).code == .nothingToDo)
    }
}
