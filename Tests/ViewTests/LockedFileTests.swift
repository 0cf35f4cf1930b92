import Model
import Testing

@testable import View

/// What is known of a file when somebody gets a lock on it.
@Suite struct LockedFileTests {
    private static let wall = Timestamp(seconds: 1_800_000_000)

    /// - Parameter changed: how long ago, in a share's whole seconds, something of the file changed; its contents have a
    ///   time of long ago, as somebody has put back.
    private func isLetGo(changed age: Int64) -> Bool {
        let rules = FreshnessRules(
            consistency: .eventual, propagationDelay: .seconds(5), attributeTTL: .seconds(300))
        let folder = FileAttributes(inode: 1, mode: FileKind.directory.rawValue | 0o755)
        var table = NodeTable(rules: rules, root: folder, at: .zero)
        var effects = NodeTable.Effects()
        let file = FileAttributes(
            inode: 2, mode: FileKind.regular.rawValue | 0o644, size: 5,
            modified: Timestamp(seconds: 1_000_000_000),
            changed: Timestamp(seconds: Self.wall.seconds - age))
        let id = table.enter(
            Node.Place(parent: .root, name: "f"), file, validity: nil, at: .seconds(1), &effects)
        let question = table.questions.ask(.node(id))
        _ = table.lockTaken(id, file, question, wall: Self.wall, at: .seconds(2), &effects)
        return effects.notices.contains(.inode(id))
    }

    @Test func whatMayHaveChangedWithoutItsTimeMovingIsReadAnew() {
        #expect(isLetGo(changed: 0))
        #expect(isLetGo(changed: 3600))
        #expect(!isLetGo(changed: 100_000))
    }
}
