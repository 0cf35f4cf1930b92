import Model
import Testing

@testable import View

/// Which folder is looked at next, and when again.
@Suite struct CatalogueWalkTests {
    /// A tree that answers at once, and a clock by hand.
    private struct World {
        var walk = CatalogueWalk()
        var now = Duration.seconds(100)
        var surroundings = CatalogueWalk.Surroundings()
        /// Folders by their paths, and how many names each has beside them.
        var folders: [String: Int] = ["": 3]
        /// Looks that are under way, by what they are of.
        var looks: [(look: CatalogueWalk.Look, path: String)] = []
        private var nodes: [String: NodeID] = [:]
        private var paths: [NodeID: String] = [:]
        private(set) var looked: [String] = []
        private(set) var left: [String] = []
        /// When nothing is to be done.
        private(set) var wait: Duration?
        /// Frames and names that wait, never more than that.
        var identities: [String: UInt64] = [:]

        init(_ settings: CatalogueWalk.Settings) {
            walk.set(settings, after: .seconds(2), at: now)
        }

        static func on(_ change: (inout CatalogueWalk.Settings) -> Void = { _ in }) -> World {
            var settings = CatalogueWalk.Settings(reach: .everything)
            change(&settings)
            return World(settings)
        }

        mutating func add(_ paths: String...) { for path in paths { folders[path] = 1 } }

        private mutating func node(_ path: String) -> NodeID {
            if let known = nodes[path] { return known }
            let id = NodeID(raw: UInt64(nodes.count + 2))
            nodes[path] = id
            paths[id] = path
            return id
        }

        private func inside(_ path: String, after: Name?) -> CatalogueWalk.Batch {
            let prefix = path.isEmpty ? "" : path + "/"
            let names = folders.keys
                .filter { $0.hasPrefix(prefix) && $0 != path && !$0.isEmpty }
                .map { $0.dropFirst(prefix.count) }.filter { !$0.contains("/") }
                .map { Name(String($0)) }
                .filter { name in
                    after.map { $0.bytes.lexicographicallyPrecedes(name.bytes) } ?? true
                }
                .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
            let most = CatalogueWalk.namesMax
            return CatalogueWalk.Batch(
                names: Array(names.prefix(most)), isLast: names.count <= most)
        }

        /// Takes steps until something has to be waited for.
        mutating func run() {
            wait = nil
            while let step = walk.next(at: now, surroundings) {
                switch step {
                case .look(let look):
                    let parent = look.parent.flatMap { paths[$0] } ?? ""
                    let name = "\(look.name)"
                    let path = parent.isEmpty ? name : "\(parent)/\(name)"
                    looked.append(path)
                    looks.append((look, path))
                case .readOn(let readOn):
                    let batch = inside(paths[readOn.node] ?? "", after: readOn.after)
                    walk.ended(readOn, batch)
                case .leave(let id): left.append(paths[id] ?? "?")
                case .wait(let end):
                    wait = end
                    return
                }
            }
        }

        /// Answers the look that was begun last.
        mutating func answer(_ outcome: CatalogueWalk.Outcome? = nil) {
            guard let (look, path) = looks.popLast() else { return }
            let contents = CatalogueWalk.Contents(
                node: node(path),
                identity: FolderIdentity(
                    device: 0, inode: identities[path] ?? node(path).raw),
                names: folders[path] ?? 0, folders: inside(path, after: nil), isNew: true)
            walk.ended(look, outcome ?? .known(contents), at: now)
        }

        /// Until nothing is under way.
        mutating func runToTheEnd() {
            run()
            while !looks.isEmpty {
                answer()
                run()
            }
        }

        /// The first round may begin.
        mutating func start() {
            now += .seconds(2)
            run()
        }
    }

    @Test func allFoldersAreLookedAtOnceAndLeftBehindWhatIsInThem() {
        var world = World.on()
        world.add("a", "a/b", "a/b/c", "d", "e", "e/f")
        world.run()
        #expect(world.looked.isEmpty && world.wait == .seconds(102), "it lets people go first")
        world.start()
        world.runToTheEnd()
        #expect(world.looked.sorted() == world.folders.keys.sorted())
        #expect(world.left.sorted() == world.folders.keys.sorted())
        for (inner, outer) in [("a/b/c", "a/b"), ("a/b", "a"), ("a", ""), ("e/f", "e")] {
            let places = [inner, outer].compactMap { world.left.firstIndex(of: $0) }
            #expect(places.count == 2 && places[0] < places[1], "\(outer) before \(inner)")
        }
        let progress = world.walk.progress
        #expect(progress.state == .complete)
        #expect(progress.round.folders == 7 && progress.round.names == 9)
    }

    @Test func roundsFollowEachOther() {
        var world = World.on { $0.interval = .seconds(900) }
        world.add("a")
        world.start()
        world.runToTheEnd()
        #expect(world.wait == world.now + .seconds(900))
        #expect(world.walk.progress.nextRound == world.wait)
        world.now += .seconds(899)
        world.surroundings.looks += 1
        world.run()
        #expect(world.looks.isEmpty)
        world.now += .seconds(1)
        world.runToTheEnd()
        #expect(world.looked == ["", "a", "", "a"])
    }

    /// Its disks may sleep.
    @Test func aShareWhoseViewNobodyUsesIsLeftAlone() {
        var world = World.on()
        world.surroundings.looks = 7
        world.start()
        world.runToTheEnd()
        for _ in 0..<100 {
            world.now += .seconds(900)
            world.run()
        }
        #expect(world.looked == [""])
        world.surroundings.looks += 1
        world.now += .seconds(60)
        world.runToTheEnd()
        #expect(world.looked == ["", ""])
    }

    @Test func noMoreLooksAreUnderWayThanThere() {
        var world = World.on { $0.looksMax = 3 }
        for number in 0..<10 { world.add("f\(number)") }
        world.start()
        world.answer()
        world.run()
        #expect(world.looks.count == 3)
        world.answer()
        world.run()
        #expect(world.looks.count == 3)
    }

    /// What waits is a few names of each folder on the way down.
    @Test func aFolderWithManyFoldersIsReadOnInPieces() {
        var world = World.on()
        let count = 2 * CatalogueWalk.namesMax + 10
        for number in 0..<count { world.add("f\(number)") }
        world.start()
        world.runToTheEnd()
        #expect(world.looked.count == count + 1 && Set(world.looked).count == count + 1)
        #expect(world.left.last == "")
        #expect(world.walk.progress.state == .complete)
    }

    @Test func foldersPerSecondAreBounded() {
        var world = World.on { $0.rate = 4 }
        for number in 0..<8 { world.add("f\(number)") }
        world.start()
        world.answer()
        let begin = world.now
        var count = 0
        while world.looked.count < 9 {
            world.run()
            while !world.looks.isEmpty { world.answer() }
            if let wait = world.wait { world.now = wait }
            count += 1
            guard count < 100 else { break }
        }
        #expect(world.looked.count == 9)
        #expect(world.now - begin >= .seconds(2))
    }

    /// Then it goes on slowly, so that a share that is never quiet is known some day.
    @Test func peopleGoFirst() {
        var world = World.on()
        world.add("a", "b", "c")
        world.surroundings.lastUse = world.now + .seconds(1)
        world.start()
        #expect(world.looked.isEmpty && world.wait == .seconds(103))
        #expect(world.walk.progress.state == .paused)
        world.now = .seconds(103)
        world.run()
        #expect(world.looked == [""], "two seconds after the last use")
        world.answer()
        world.surroundings.lastUse = world.now
        world.run()
        #expect(world.looks.isEmpty)
        for _ in 0..<60 {
            world.now += .seconds(1)
            world.surroundings.lastUse = world.now
            world.run()
        }
        #expect(world.looks.count == 1, "one at a time")
        world.answer()
        world.run()
        #expect(world.looks.isEmpty && world.wait == world.now + .seconds(1))
        world.now += .seconds(3)
        world.run()
        #expect(world.looks.count == 2, "and all of them when it is quiet")
    }

    @Test func aShareThatGoesAwayIsGoneOnWithWhenItIsBack() {
        var world = World.on { $0.looksMax = 1 }
        world.add("a", "b")
        world.start()
        world.answer()
        world.run()
        world.surroundings.isReady = false
        world.answer(.away)
        world.run()
        #expect(world.looks.isEmpty && world.walk.progress.state == .away)
        world.now += .seconds(3600)
        world.run()
        #expect(world.looks.isEmpty)
        world.surroundings.isReady = true
        world.now += .seconds(5)
        world.runToTheEnd()
        #expect(world.looked == ["", "a", "a", "b"])
        #expect(world.walk.progress.state == .complete && world.walk.progress.round.skipped == 0)
    }

    /// Also the root, of which nothing else hangs.
    @Test func aRoundBeginsAnewWhereTheRootDidNotAnswer() {
        var world = World.on()
        world.start()
        world.answer(.away)
        world.run()
        #expect(world.looks.isEmpty, "not again and again in a moment")
        world.now += .seconds(1)
        world.runToTheEnd()
        #expect(world.looked == ["", ""] && world.walk.progress.state == .complete)
    }

    @Test func whatCannotBeListedIsLeftOut() {
        var world = World.on { $0.looksMax = 1 }
        world.add("a", "b", "c", "d")
        world.start()
        world.answer()
        world.run()
        world.answer(.skipped)
        world.run()
        world.answer(.gone)
        for _ in 0..<3 {
            world.now += .seconds(1)
            world.run()
            world.answer(.failed)
        }
        world.now += .seconds(1)
        world.runToTheEnd()
        #expect(world.looked == ["", "a", "b", "c", "c", "c", "d"])
        #expect(world.walk.progress.round.skipped == 2)
        #expect(world.walk.progress.state == .complete)
    }

    /// A mount of a folder inside itself.
    @Test func aFolderInsideItselfIsNotWalkedInto() {
        var world = World.on()
        world.add("a", "a/b", "a/b/a", "other")
        world.identities = ["a": 50, "a/b/a": 50, "other": 50]
        world.start()
        var loops: [String] = []
        while let (look, path) = world.looks.last {
            let inode = world.identities[path] ?? 7
            if world.walk.isLoop(look, FolderIdentity(device: 0, inode: inode)) {
                loops.append(path)
                world.answer(.skipped)
            } else {
                world.answer()
            }
            world.run()
        }
        #expect(loops == ["a/b/a"], "one beside it with the same number is none")
        #expect(world.walk.progress.state == .complete)
    }

    @Test func foldersTooDeepAreLeftOut() {
        var world = World.on()
        var path = "d"
        for _ in 0..<(CatalogueWalk.depthMax + 5) {
            world.add(path)
            path += "/d"
        }
        world.start()
        world.runToTheEnd()
        #expect(world.looked.count == CatalogueWalk.depthMax + 1)
        #expect(world.walk.progress.round.skipped == 1)
        #expect(world.left.count == world.looked.count)
        #expect(world.walk.progress.state == .complete)
    }

    @Test func aLargeShareIsGivenUpUnasked() {
        var world = World(CatalogueWalk.Settings(reach: .names(10), looksMax: 2))
        for number in 0..<20 { world.add("f\(number)") }
        world.start()
        world.runToTheEnd()
        let seen = world.looked.count
        #expect(world.walk.progress.state == .tooLarge && seen < 20)
        world.now += .seconds(100_000)
        world.run()
        #expect(world.looked.count == seen && world.wait == nil)
        // What was held is let go.
        #expect(Set(world.left) == Set(world.looked))
        world.walk.set(
            CatalogueWalk.Settings(reach: .everything), after: .seconds(2), at: world.now)
        world.start()
        world.runToTheEnd()
        #expect(world.walk.progress.state == .complete)
    }

    @Test func switchedOffItLetsGoOfEverything() {
        var world = World.on { $0.looksMax = 2 }
        world.add("a", "a/b", "c", "c/d")
        world.start()
        world.answer()
        world.run()
        world.answer()
        world.walk.set(CatalogueWalk.Settings(), after: .zero, at: world.now)
        world.run()
        while !world.looks.isEmpty { world.answer() }
        world.run()
        #expect(Set(world.left) == Set(world.looked))
        #expect(world.walk.progress.state == .off && world.wait == nil)
    }

    @Test func anIndexThatIsFullEndsIt() {
        var world = World.on()
        world.add("a")
        world.start()
        world.answer()
        world.surroundings.isFull = true
        world.run()
        #expect(world.walk.progress.state == .indexFull && world.looks.isEmpty)
        #expect(world.left == [""])
    }
}
