import Model
import Platform

import Synchronization

/// A share that refuses root what it grants others: an NFS server takes root for nobody (`root_squash`), and one with tickets knows
/// nobody without.
///
/// In a view that several users share, whose daemon is root's, such a share still shows everything to who may see it. What looks at
/// something or reads it is refused to the daemon and then done in the name of its owner; where that is root, of anybody
/// in its group. What comes of it is shown by the rights that the share tells, as all that is cached. What somebody wants changed is
/// never done so: that is the caller's to be allowed (``Authority``).
extension Share {
    /// Nobody in particular: not root, and in no group of his own.
    private static let nobody: UInt32 = 65_534

    /// From here on the daemon, being root, looks in the name of owners at what it is refused itself.
    public func actForOwners() {
        actsForOwners.store(ThreadIdentity.canChange, ordering: .relaxed)
    }

    /// Whether the share has granted somebody what it refused root.
    public var squashesRoot: Bool { foundSquashing.load(ordering: .relaxed) }

    /// Whether root, who wants to read what is not everybody's, has to be told what the share says to that: it may refuse him, and
    /// what is cached was perhaps read in the name of its owner.
    public var mustAskForRoot: Bool {
        actsForOwners.load(ordering: .relaxed)
            && (squashesRoot || !grantsRoot.load(ordering: .relaxed))
    }

    func noteGrantedToRoot() { grantsRoot.store(true, ordering: .relaxed) }

    /// Runs `body`, which looks at something or does what the kernel does by itself; where the share refuses, once more in the name
    /// of who owns an object. Blocks.
    ///
    /// - Parameters:
    ///   - object: a descriptor of the folder that is searched, or the file that is read.
    ///   - user: somebody who asked for it and is tried first.
    /// - Throws: as `body` did at first.
    func onBehalfOfOwner<Value: ~Copyable>(
        of object: Int32, orAs user: Credentials? = nil, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            guard error.isDenial,
                actsForOwners.load(ordering: .relaxed),
                let found = try? FileCalls.attributes(of: object)
            else { throw error }
            var others: [Credentials] = []
            if let user, user.userID != 0 { others.append(user) }
            others.append(
                Credentials(
                    userID: found.userID == 0 ? Self.nobody : found.userID,
                    groupID: found.groupID == 0 ? Self.nobody : found.groupID))
            for other in others {
                do throws(Errno) {
                    let value = try ThreadIdentity.act(as: other, umask: nil, body)
                    foundSquashing.store(true, ordering: .relaxed)
                    return value
                } catch let refusal where refusal.isDenial {
                }
            }
            throw error
        }
    }
}
