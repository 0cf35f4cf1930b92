import Model
import Synchronization

/// Which descriptors of files are open by each path, those included that are in use on a lane or just being closed.
///
/// A mark is made with the path at the opening, and goes along when the view renames the file or a folder above it. What the
/// view takes a name from, or renames something over, has no path from then on: who opens that path later is another file.
/// (What others rename keeps its mark; who holds it tells that it need not be waited for.)
///
/// A tree of names, so that a folder moves with all that is marked below it in one step: bounded by the descriptors that may be
/// open, and the depth of their paths.
final class OpenPaths: Sendable {
    /// Of an open for writing: somebody has the file open, until he closes it. Lives as long as the last of its descriptors.
    final class Hold: Sendable {
        private let isEnded = Atomic(false)
        private let whenClosed = Mutex<[@Sendable () -> Void]>([])

        deinit {
            for act in whenClosed.withLock({ $0 }) { act() }
        }

        /// Nobody has it open any more: what is open goes as soon as it can.
        ///
        /// - Parameter then: called when it has gone, by the thread that closed it last, which need not be the one that was asked to:
        ///   another may be about to end what it did with it.
        func end(then: @escaping @Sendable () -> Void) {
            isEnded.store(true, ordering: .relaxed)
            whenClosed.withLock { $0.append(then) }
        }

        fileprivate var isHeld: Bool { !isEnded.load(ordering: .relaxed) }
    }

    /// For whom a descriptor is open.
    enum Owner: Sendable {
        case handle(Hold)
        /// A ``ShareFile``, which does not know who reads it.
        case file(ObjectIdentifier)
    }

    /// Lives as long as a descriptor.
    final class Mark: Sendable {
        private let paths: OpenPaths
        private let number: Int

        fileprivate init(_ paths: OpenPaths, _ number: Int) {
            self.paths = paths
            self.number = number
        }

        deinit {
            let (owner, path) = paths.state.withLock { state in
                let path = paths.releases == nil ? nil : state.path(of: number)
                return (state.end(number), path)
            }
            if let path { paths.releases?.closed(path) }
            // Outside of the lock, since the last of a hold acts.
            withExtendedLifetime(owner) {}
        }
    }

    private struct Node: Sendable {
        /// nil: the root, or what has lost its name.
        var parent: Int?
        var name: Name?
        var children: [Name: Int] = [:]
        var marks: [Int: Owner] = [:]
    }

    private struct State: Sendable {
        private static let root = 0

        /// By number. All but the root are marked, or lead to what is.
        private var nodes = [root: Node()]
        /// Where each mark is.
        private var places: [Int: Int] = [:]
        private var last = 0

        private mutating func number() -> Int {
            last += 1
            return last
        }

        var isEmpty: Bool { nodes.count == 1 && places.isEmpty }

        func find(_ path: RelativePath) -> Int? {
            var at = Self.root
            for name in path.components {
                guard let next = nodes[at]?.children[name] else { return nil }
                at = next
            }
            return at
        }

        func owners(at path: RelativePath) -> [Owner] {
            find(path).flatMap { nodes[$0] }.map { Array($0.marks.values) } ?? []
        }

        /// At a path and below it.
        func allOwners(below path: RelativePath) -> [Owner] {
            guard let top = find(path) else { return [] }
            var (owners, rest): ([Owner], [Int]) = ([], [top])
            while let next = rest.popLast(), let node = nodes[next] {
                owners += node.marks.values
                rest += node.children.values
            }
            return owners
        }

        private mutating func make(_ path: RelativePath) -> Int {
            var at = Self.root
            for name in path.components {
                if let next = nodes[at]?.children[name] {
                    at = next
                    continue
                }
                let next = number()
                nodes[next] = Node(parent: at, name: name)
                nodes[at]?.children[name] = next
                at = next
            }
            return at
        }

        mutating func mark(_ path: RelativePath, for owner: Owner) -> Int {
            let (place, mark) = (make(path), number())
            nodes[place]?.marks[mark] = owner
            places[mark] = place
            return mark
        }

        mutating func end(_ mark: Int) -> Owner? {
            guard let place = places.removeValue(forKey: mark) else { return nil }
            defer { prune(place) }
            return nodes[place]?.marks.removeValue(forKey: mark)
        }

        /// Where a mark is now; nil where that has lost its name.
        func path(of mark: Int) -> RelativePath? {
            guard var at = places[mark] else { return nil }
            var names: [Name] = []
            while at != Self.root {
                guard let node = nodes[at], let name = node.name, let parent = node.parent else {
                    return nil
                }
                names.append(name)
                at = parent
            }
            return RelativePath(names.reversed())
        }

        /// Drops what leads to no mark.
        private mutating func prune(_ place: Int) {
            var at = place
            while at != Self.root, let node = nodes[at], node.marks.isEmpty, node.children.isEmpty {
                nodes[at] = nil
                guard let parent = node.parent else { return }
                if let name = node.name { nodes[parent]?.children[name] = nil }
                at = parent
            }
        }

        /// Takes what is marked at a path, and below it, out of the tree.
        mutating func detach(_ path: RelativePath) -> Int? {
            guard let found = find(path), found != Self.root, let node = nodes[found],
                let parent = node.parent
            else { return nil }
            if let name = node.name { nodes[parent]?.children[name] = nil }
            nodes[found]?.parent = nil
            nodes[found]?.name = nil
            prune(parent)
            return found
        }

        /// - Parameter moved: as ``detach(_:)`` gave it; nothing is marked at `path`.
        mutating func attach(_ moved: Int, at path: RelativePath) {
            guard let name = path.components.last else { return }
            let parent = make(path.parent)
            nodes[parent]?.children[name] = moved
            nodes[moved]?.parent = parent
            nodes[moved]?.name = name
        }
    }

    private let state = Mutex(State())
    /// Told of what is closed, where that matters.
    private let releases: LateReleases?

    init(releases: LateReleases? = nil) {
        self.releases = releases
    }

    func mark(_ path: RelativePath, for owner: Owner) -> Mark {
        Mark(self, state.withLock { $0.mark(path, for: owner) })
    }

    /// Whether anything is open by a path that nobody holds.
    ///
    /// - Parameters:
    ///   - below: or by a path below that one.
    ///   - held: files that somebody has open in the view.
    func isOpen(
        _ path: RelativePath, below: Bool = false, except held: Set<ObjectIdentifier> = []
    ) -> Bool {
        let owners = state.withLock { below ? $0.allOwners(below: path) : $0.owners(at: path) }
        return owners.contains { owner in
            switch owner {
            case .handle(let hold): !hold.isHeld
            case .file(let file): !held.contains(file)
            }
        }
    }

    /// The files that are open by a path or below it.
    func files(below path: RelativePath) -> Set<ObjectIdentifier> {
        let owners = state.withLock { $0.allOwners(below: path) }
        return Set(
            owners.compactMap { owner in
                if case .file(let file) = owner { file } else { nil }
            })
    }

    /// The view has taken the name away.
    func removed(_ path: RelativePath) {
        state.withLock { _ = $0.detach(path) }
    }

    /// The view has renamed a file or a folder.
    ///
    /// - Parameter isExchange: what had the new name has the old one now; else it has none.
    func renamed(_ path: RelativePath, to newPath: RelativePath, isExchange: Bool) {
        guard path != newPath else { return }
        state.withLock { state in
            let (moved, other) = (state.detach(path), state.detach(newPath))
            if let moved { state.attach(moved, at: newPath) }
            if let other, isExchange { state.attach(other, at: path) }
        }
    }

    /// Whether nothing is marked, and nothing kept.
    var isEmpty: Bool { state.withLock { $0.isEmpty } }
}
