import Model
import Share

/// Files with several names, before their contents change.
extension ViewFileSystem {
    /// A name of a file and its place on the share.
    typealias KnownName = (place: Node.Place, location: ShareLocation)

    /// Whoever opens a file to write goes by one of its names, and the kernel does not say by which: none of those that are
    /// believed to lead to it may lead elsewhere by now, or nowhere. One question to the share for each. On a lane.
    ///
    /// - Parameter names: of ``NodeTable/severalNames(of:)``.
    /// - Throws: `ESTALE` where a name does: the kernel looks again, and is told what each means.
    func requireOneFile(_ names: [KnownName], _ lane: ShareLane) throws(Errno) {
        guard let first = names.first else { return }
        let found = try lane.attributes(first.location)
        var lost: [Node.Place] = []
        for name in names.dropFirst() {
            do throws(Errno) {
                let other = try lane.attributes(name.location)
                let isSame =
                    other.device == found.device && other.inode == found.inode
                    && !other.isKnownToDiffer(from: found)
                if !isSame { lost.append(name.place) }
            } catch .noSuchFile {
                lost.append(name.place)
            } catch .notDirectory {
                lost.append(name.place)
            }
        }
        guard !lost.isEmpty else { return }
        // Which of them is right is not known either.
        namespace.change { table, now, effects in
            for place in lost + [first.place] {
                table.doubt(place, isRefused: false, at: now, &effects)
            }
        }
        throw .stale
    }
}
