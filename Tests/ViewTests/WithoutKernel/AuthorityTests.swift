import Fuse
import Glibc
import Model
import Platform
import Share
import TestSupport
import Testing

@testable import View

/// What the kernel lets through by what it was told before the view knew better, over a share that checks no rights itself.
@Suite struct AuthorityTests {
    private static let ann: UInt32 = 4_000_001

    /// A program of root's that has come to a name of Ann's, and is known to the view already.
    private struct World {
        let fixture: ViewFixture
        let path: String
        let node: UInt64
        let ann: FuseCaller

        init() throws {
            fixture = try ViewFixture(
                .eventual, isShared: true,
                nature: ShareNature(
                    inodesLast: false, keepsFiles: false, decides: false, isLocal: false,
                    hidesOpenFiles: true))
            path = "\(fixture.root)/program"
            let file = open(path, O_CREAT | O_WRONLY, 0o755)
            try #require(file >= 0)
            close(file)
            try #require(chmod(path, 0o4755) == 0)
            node = try fixture.kernel.node(RelativePath(["program"]))
            // A thread of its own, whose credentials the kernel has sent with the request.
            ann = FuseCaller(
                userID: AuthorityTests.ann, groupID: AuthorityTests.ann, processID: getpid(),
                umask: 0)
        }

        var mode: UInt32 {
            var status = stat()
            return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
        }

        /// - Parameter caller: nil: root.
        func set(
            mode: UInt32? = nil, userID: UInt32? = nil, size: Int64? = nil,
            as caller: FuseCaller? = nil
        ) throws(Errno) {
            var changes = AttributeChanges()
            (changes.mode, changes.userID, changes.size) = (mode, userID, size)
            let set = changes
            try fixture.kernel.ask(as: caller) {
                fixture.view.setAttributes($0, node: node, changes: set, handle: nil)
            }
        }
    }

    /// It looks as if the kernel took the bit away, as it does where somebody writes; but she does not.
    @Test(.enabled(if: Requirement.isMet(geteuid() == 0)))
    func whoOwnsAFileNoMoreChangesNoMode() throws {
        let world = try World()
        #expect(throws: Errno.self) { try world.set(mode: 0o755, as: world.ann) }
        #expect(world.mode == 0o4755)
    }

    /// Somebody who has it open writes to it, through a descriptor from before it was given away: the kernel takes the bit away for him.
    @Test(.enabled(if: Requirement.isMet(geteuid() == 0)))
    func whoWritesToAFileThatWasGivenAwayMay() throws {
        let world = try World()
        let kernel = world.fixture.kernel
        let handle = try kernel.open(world.node, KernelDouble.O.readWrite)
        defer { kernel.close(world.node, handle) }
        try world.set(mode: 0o4755, userID: 4_000_002)
        try #require(world.mode == 0o4755)
        try world.set(mode: 0o755, as: world.ann)
        #expect(world.mode == 0o755)
    }

    /// What others have put in its place is not what is open.
    @Test(.enabled(if: Requirement.isMet(geteuid() == 0)))
    func whatWasPutInThePlaceOfAGivenFileKeepsItsBit() throws {
        let world = try World()
        let kernel = world.fixture.kernel
        let handle = try kernel.open(world.node, KernelDouble.O.readWrite)
        defer { kernel.close(world.node, handle) }
        try world.set(userID: 4_000_002)
        // Root's, as the open one was once.
        let other = world.path + ".new"
        close(open(other, O_CREAT | O_WRONLY, 0o755))
        try #require(chmod(other, 0o4755) == 0 && rename(other, world.path) == 0)
        world.fixture.view.refresh()
        // Found to be another file, or not yet.
        _ = try? kernel.attributes(of: world.node)
        // Refused, or done to the file that is open.
        try? world.set(mode: 0o755, as: world.ann)
        #expect(world.mode == 0o4755)
    }

    /// Who cuts a file has its bit taken away, whosever it is, where he may write to it.
    @Test(.enabled(if: Requirement.isMet(geteuid() == 0)))
    func whoCutsAFileTakesItsBitAway() throws {
        let world = try World()
        try #require(chmod(world.path, 0o4777) == 0)
        world.fixture.view.refresh()
        _ = try world.fixture.kernel.attributes(of: world.node)
        try world.set(mode: 0o777, size: 0, as: world.ann)
        #expect(world.mode == 0o777)
    }
}
