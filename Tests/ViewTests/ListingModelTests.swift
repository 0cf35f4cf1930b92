import Model
import TestSupport
import Testing
import Tiers

@testable import View

/// Listings against a naive model: a share that is a dictionary, a kernel that remembers what it was told, a view that knows
/// few names at once of many more, and programs that read folders at their leisure.
@Suite struct ListingModelTests {
    /// Names meet by chance in a small world; a large one has listings of many batches.
    enum Size: CaseIterable {
        case small
        case large

        var folders: Int { self == .small ? 3 : 8 }
        /// In a folder, and different ones at all.
        var names: Int { self == .small ? 12 : 90 }
        var knownMax: Int { self == .small ? 12 : 200 }
        /// Names that come of the share at once, or are read at once.
        var batch: Int { self == .small ? 5 : 25 }
        var rounds: Int { self == .small ? 40 : 4 }
    }

    private struct Handle {
        var folder: Int
        var snapshot: ListingSnapshot
        var position = 0
        var seen: [Name] = []
        /// On the share from before the listing was asked for, until now.
        var lasting: Set<Name>
        /// On the share, or known to the view, at any time since.
        var possible: Set<Name>
    }

    private struct Flight {
        var folder: Int
        var question: OpenQuestions.Number
        var askedAt: Duration
        /// The share's answer: names that came or went while it was given are in it or not.
        var names: [Name]
        var position = 0
        var order: [DirectoryState.Entry] = []
        var isFromIndex = false
        var lasting: Set<Name>
        var possible: Set<Name>
    }

    private struct World {
        let size: Size
        var table: NodeTable
        var random: SplitMix
        var now = Duration.seconds(1)
        var folders: [NodeID] = []
        var share: [Set<Name>]
        var inodes: [[Name: UInt64]]
        var nextInode: UInt64 = 10_000
        var handles: [Handle] = []
        var flights: [Flight] = []
        var index: [Int: ([Name], at: Duration)] = [:]
        /// Lookups that the kernel has of each node.
        var kernel: [NodeID: UInt64] = [:]
        var recalled: [NodeTable.Recalled] = []
        /// By folder and arrangement: the places that names had in listings.
        var arranged: [Int: [UInt32: [Name]]] = [:]
        /// By folder and version: the arrangement.
        var arrangements: [Int: [UInt64: UInt32]] = [:]

        init(_ size: Size, seed: UInt64, strict: Bool) {
            self.size = size
            random = SplitMix(seed: seed)
            let rules = FreshnessRules(
                consistency: strict ? .strict : .eventual, propagationDelay: .seconds(5),
                attributeTTL: .seconds(300))
            table = NodeTable(
                rules: rules, root: Self.attributes(1, .directory), knownMax: size.knownMax,
                at: .zero)
            share = []
            inodes = []
            for folder in 0..<size.folders {
                var effects = NodeTable.Effects()
                let id = table.enter(
                    Node.Place(parent: .root, name: Name("d\(folder)")),
                    Self.attributes(UInt64(folder + 2), .directory), validity: nil, at: .zero,
                    &effects)
                // The kernel stands in it, so that its number stays.
                table.retain(id)
                folders.append(id)
                share.append([])
                inodes.append([:])
                for file in 0..<Int.random(in: 0...size.names, using: &random) {
                    appear(Name("f\(file)"), in: folder)
                }
            }
        }

        static func attributes(_ inode: UInt64, _ kind: FileKind = .regular) -> FileAttributes {
            FileAttributes(
                device: 1, inode: inode, mode: kind.rawValue | 0o644, linkCount: 1, size: 1,
                modified: Timestamp(seconds: 1))
        }

        mutating func number(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

        /// The same one in each run, so that a seed repeats what it did.
        func inOrder(_ names: Set<Name>) -> [Name] {
            names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        }

        // MARK: The share

        mutating func appear(_ name: Name, in folder: Int) {
            share[folder].insert(name)
            nextInode += 1
            inodes[folder][name] = nextInode
            for at in handles.indices where handles[at].folder == folder {
                handles[at].possible.insert(name)
            }
            for at in flights.indices where flights[at].folder == folder {
                flights[at].possible.insert(name)
                if Bool.random(using: &random), !flights[at].isFromIndex,
                    !flights[at].names.contains(name)
                {
                    flights[at].names.append(name)
                }
            }
        }

        mutating func vanish(_ name: Name, from folder: Int) {
            share[folder].remove(name)
            for at in handles.indices where handles[at].folder == folder {
                handles[at].lasting.remove(name)
            }
            for at in flights.indices where flights[at].folder == folder {
                flights[at].lasting.remove(name)
            }
        }

        // MARK: The kernel

        /// What it knows, in the same order in each run.
        var held: [NodeID] { kernel.keys.sorted { $0.raw < $1.raw } }

        mutating func give(_ id: NodeID) {
            table.retain(id)
            kernel[id, default: 0] += 1
        }

        mutating func forget(_ id: NodeID) {
            guard let count = kernel.removeValue(forKey: id) else { return }
            var effects = NodeTable.Effects()
            table.forget(id, count: count, &effects)
            take(effects)
        }

        mutating func take(_ effects: NodeTable.Effects) {
            recalled.append(contentsOf: effects.recalled)
            for path in effects.unstored + effects.staleDirectories {
                for (number, id) in folders.enumerated() where table.path(of: id) == path {
                    index[number] = nil
                }
            }
        }

        // MARK: The view

        mutating func look(_ name: Name, in folder: Int) {
            let id = folders[folder]
            table.touch(id)
            if let child = table[directory: id]?.children[name] { return give(child) }
            var effects = NodeTable.Effects()
            let place = Node.Place(parent: id, name: name)
            if share[folder].contains(name), let inode = inodes[folder][name] {
                let child = table.enter(
                    place, Self.attributes(inode), validity: nil, at: now, &effects)
                give(child)
                table.trim(sparing: id, &effects)
            } else {
                table.enterAbsent(place, at: now, &effects)
            }
            take(effects)
        }

        mutating func make(_ name: Name, in folder: Int) {
            guard !share[folder].contains(name) else { return }
            appear(name, in: folder)
            var effects = NodeTable.Effects()
            let id = table.made(
                Node.Place(parent: folders[folder], name: name),
                Self.attributes(inodes[folder][name] ?? 0), at: now, &effects)
            give(id)
            take(effects)
        }

        mutating func remove(_ name: Name, from folder: Int) {
            guard share[folder].contains(name) else { return }
            vanish(name, from: folder)
            var effects = NodeTable.Effects()
            table.unlinked(Node.Place(parent: folders[folder], name: name), at: now, &effects)
            take(effects)
        }

        mutating func rename(_ name: Name, from: Int, to target: Int, _ newName: Name) {
            guard share[from].contains(name), !share[target].contains(newName) else { return }
            let inode = inodes[from][name]
            appear(newName, in: target)
            inodes[target][newName] = inode
            vanish(name, from: from)
            var effects = NodeTable.Effects()
            table.renamed(
                Node.Place(parent: folders[from], name: name),
                to: Node.Place(parent: folders[target], name: newName), isExchange: false, at: now,
                &effects)
            take(effects)
        }

        mutating func ask(_ folder: Int) {
            let id = folders[folder]
            let isUnread =
                table[directory: id]?.knowledge == .unread
                && table[directory: id]?.isStoredListingGone == false
            let stored = isUnread ? index[folder] : nil
            let question = table.questions.ask(.listing(id), isOfIndex: stored != nil)
            let names = stored?.0 ?? inOrder(share[folder]).shuffled(using: &random)
            flights.append(
                Flight(
                    folder: folder, question: question, askedAt: stored?.at ?? now, names: names,
                    isFromIndex: stored != nil, lasting: share[folder],
                    possible: share[folder].union(names)))
        }

        /// One batch of a listing, or its end.
        mutating func goOn(_ at: Int) -> String? {
            let id = folders[flights[at].folder]
            let validity =
                flights[at].isFromIndex
                ? Validity(since: flights[at].askedAt, ttl: .seconds(300)) : nil
            if flights[at].position < flights[at].names.count {
                let batch = flights[at].names[flights[at].position...].prefix(
                    number(size.batch) + 1)
                flights[at].position += batch.count
                let entries = batch.map { name -> StoredListing.Entry in
                    let inode = inodes[flights[at].folder][name] ?? 1
                    let isNameOnly = number(20) == 0
                    return StoredListing.Entry(
                        name: name, attributes: Self.attributes(inode), isNameOnly: isNameOnly)
                }
                var effects = NodeTable.Effects()
                flights[at].order += table.merge(
                    entries, into: id, question: flights[at].question, validity: validity, at: now,
                    &effects)
                table.trim(sparing: id, &effects)
                take(effects)
                return nil
            }
            let flight = flights.remove(at: at)
            var effects = NodeTable.Effects()
            table.finishListing(
                id, flight.order, question: flight.question,
                directory: Self.attributes(UInt64(flight.folder + 2), .directory),
                validity: validity, cost: .zero, at: flight.askedAt, &effects)
            let isUndisturbed =
                table.questions.overtakenNames(flight.question).isEmpty
                && !table.questions.isSuperseded(flight.question)
            let read = table.snapshot(of: id, flight.order, flight.question)
            _ = table.questions.close(flight.question)
            take(effects)
            guard let snapshot = read else { return "a listing without names" }
            if let flaw = arrange(snapshot, in: flight.folder) { return flaw }
            if isUndisturbed, !flight.isFromIndex {
                index[flight.folder] = (snapshot.entries.map(\.name), flight.askedAt)
                table[directory: id]?.isStoredListingGone = false
            }
            // What the index had, others may have changed before.
            let lasting =
                flight.isFromIndex ? flight.lasting.intersection(flight.names) : flight.lasting
            handles.append(
                Handle(
                    folder: flight.folder, snapshot: snapshot, lasting: lasting,
                    possible: flight.possible.union(flight.lasting)
                        .union(snapshot.entries.map(\.name))))
            table.openFolders[id, default: 0] += 1
            return nil
        }

        /// Some names of a handle, or its end.
        mutating func read(_ at: Int) -> String? {
            let id = folders[handles[at].folder]
            let rest = handles[at].snapshot.entries[handles[at].position...].prefix(
                number(size.batch) + 1)
            handles[at].position += rest.count
            for entry in rest {
                guard let child = table.shown(entry, in: id) else { continue }
                handles[at].seen.append(entry.name)
                if child != .none, number(2) == 0 { give(child) }
            }
            guard handles[at].position == handles[at].snapshot.entries.count else { return nil }
            let handle = handles.remove(at: at)
            let left = (table.openFolders[id] ?? 1) - 1
            table.openFolders[id] = left > 0 ? left : nil
            let seen = Set(handle.seen)
            if seen.count != handle.seen.count { return "a name came twice" }
            let missing = handle.lasting.subtracting(seen)
            if let name = missing.first {
                return "\(missing.count) names are missing, as \(name)"
            }
            let invented = seen.subtracting(handle.possible)
            return invented.first.map { "\($0) never was" }
        }

        /// The kernel puts one listing together of what several handles read, by the places of the names.
        mutating func arrange(_ snapshot: ListingSnapshot, in folder: Int) -> String? {
            let names = snapshot.entries.map(\.name)
            let before = arranged[folder]?[snapshot.arrangement] ?? []
            if names.count > before.count {
                arranged[folder, default: [:]][snapshot.arrangement] = names
            }
            let isMoved = zip(before, names).contains { $0 != $1 }
            return isMoved ? "a name has another place in the same arrangement" : nil
        }

        /// Each name of a listing that is known has something that stands for it.
        mutating func flaw() -> String? {
            for (number, id) in folders.enumerated() {
                if let snapshot = table.snapshot(of: id),
                    let flaw = arrange(snapshot, in: number)
                {
                    return flaw
                }
                // Who opens it is given the kernel's listing where the version has not moved.
                if let state = table[directory: id] {
                    let before = arrangements[number]?[state.version]
                    if let before, before != state.arrangement { return "rearranged unnoticed" }
                    arrangements[number, default: [:]][state.version] = state.arrangement
                }
                guard let state = table[directory: id], state.knowledge == .complete else {
                    continue
                }
                if Set(state.order.map(\.name)).count != state.order.count {
                    return "a name twice in a folder"
                }
                for entry in state.order where !state.lists(entry.name) {
                    return "nothing stands for \(entry.name)"
                }
            }
            return nil
        }

        mutating func step() -> String? {
            now += .milliseconds(number(400))
            let folder = number(folders.count)
            let name = Name("f\(number(size.names))")
            switch number(100) {
            case 0..<12: if flights.count < 6 { ask(folder) }
            case 12..<45: if !flights.isEmpty { return goOn(number(flights.count)) }
            case 45..<70: if !handles.isEmpty { return read(number(handles.count)) }
            case 70..<78: look(name, in: folder)
            case 78..<82: make(name, in: folder)
            case 82..<85: remove(name, from: folder)
            case 85..<88:
                rename(
                    name, from: folder, to: number(folders.count), Name("f\(number(size.names))"))
            case 88..<90:
                if share[folder].contains(name) {
                    vanish(name, from: folder)
                } else {
                    appear(name, in: folder)
                }
            case 90:
                var effects = NodeTable.Effects()
                table.forgetInside(
                    of: Bool.random(using: &random) ? .root : folders[folder], &effects)
                take(effects)
            case 91..<96:
                for id in held.shuffled(using: &random).prefix(40) { forget(id) }
            default:
                for wanted in recalled { forget(wanted.id) }
                recalled = []
            }
            return number(10) == 0 ? flaw() : nil
        }

        /// All that is under way comes to its end, and the kernel forgets.
        mutating func end() -> String? {
            while !flights.isEmpty { if let flaw = goOn(0) { return flaw } }
            while !handles.isEmpty { if let flaw = read(0) { return flaw } }
            for id in held { forget(id) }
            var effects = NodeTable.Effects()
            table.trim(sparing: .root, &effects)
            return table.known <= table.knownMax ? nil : "\(table.known) are known"
        }
    }

    @Test(arguments: Size.allCases, [false, true])
    func nothingIsMissingFromAListing(size: Size, strict: Bool) {
        for round in 0..<TestRun.scaled(size.rounds) {
            let seed = TestRun.seed &+ UInt64(round)
            var world = World(size, seed: seed, strict: strict)
            var flaw: String?
            for _ in 0..<800 where flaw == nil { flaw = world.step() }
            flaw = flaw ?? world.end()
            #expect(flaw == nil, "LARDER_TEST_SEED=\(seed), with SWIFT_DETERMINISTIC_HASHING=1")
        }
    }
}
