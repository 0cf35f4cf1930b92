import Glibc
import Model
import TestSupport

/// Two views of one share, the share itself, and a plain directory that is right.
struct ManyHands {
    private enum Hand: Int, CaseIterable {
        case one, two, share
    }

    private let area: Area
    private let isStrict: Bool
    private let kind: IntegrationTests.ManyHandsTests.Kind
    private var generator: SplitMix
    private var history: OperationHistory
    /// What is changed lies in a folder of its own, in the directory that is right and everywhere else.
    private let model: String
    /// Where the share's files are.
    private let share: String
    /// What the first and the second view show.
    private let shown: [String]
    private let options: RunningView.Options
    private let views: [RunningView]
    private let servers: [AnyObject]
    private var right: ShareChanger
    /// Names in the folder beside.
    private var crowd: Set<[UInt8]> = []
    private static let tree = "/tree"
    private static let crowdMax = 1_000_000

    init(
        _ area: Area, isStrict: Bool, _ kind: IntegrationTests.ManyHandsTests.Kind
    ) throws {
        self.area = area
        self.isStrict = isStrict
        self.kind = kind
        let seed = TestRun.seed &+ (isStrict ? 8000 : 8100)
        generator = SplitMix(seed: seed)
        history = OperationHistory(seed: seed)
        model = try area.makeDirectory("model")
        share = try area.makeDirectory("share")
        for place in [model, share] {
            var same = generator
            try Calls.makeDirectory(place + Self.tree)
            try TestLibrary.make(place + Self.tree, bigFiles: 0, using: &same)
        }
        try Calls.makeDirectory("\(share)/crowd")
        // A million from scale 100 on; a server here has a descriptor for each.
        let crowdMax = kind == .directory ? Self.crowdMax : 2000
        let crowdCount = TestRun.scale > 1 ? min(crowdMax, TestRun.scaled(10_000)) : 500
        for number in 0..<crowdCount {
            let name = Array("name \(number)".utf8)
            try Calls.write([], to: "\(share)/crowd".pathBytes / name)
            crowd.insert(name)
        }
        (shown, servers) = try Self.serve(area, share, kind)
        var options = RunningView.Options(consistency: isStrict ? "strict" : "eventual")
        if !isStrict { options.propagation = "20ms" }
        self.options = options
        views = try zip(shown, ["one", "two"]).map {
            try RunningView(area, share: $0, name: $1, options)
        }
        right = try ShareChanger(root: model + Self.tree)
        right = configured(right)
    }

    private static func serve(
        _ area: Area, _ share: String, _ kind: IntegrationTests.ManyHandsTests.Kind
    ) throws -> (shown: [String], servers: [AnyObject]) {
        switch kind {
        case .directory: return ([share, share], [])
        case .server, .otherClock:
            let clock = ["--clock-behind", "10s", "--time-step", "1s"]
            let server = try RunningSlowShare(
                area, directory: share, more: kind == .server ? [] : clock)
            return ([server.path, server.path], [server])
        case .sshfs:
            // As on two machines: what one has open, the other's client does not hide.
            let servers = try ["nas", "nas.two"].map {
                let server = try RunningSFTPServer(area, directory: share, name: $0)
                try server.mount(reconnect: false, remembersFolders: false)
                return server
            }
            return (servers.map(\.path), servers)
        }
    }

    /// Of what the kind of share can do.
    private func configured(_ changer: ShareChanger) -> ShareChanger {
        var changer = changer
        changer.deceives = true
        changer.restoresTimes = kind != .sshfs
        changer.makesHardLinks = kind != .sshfs
        changer.setsExtendedAttributes = kind != .sshfs
        return changer
    }

    func story(about wrong: String) -> String {
        "\(kind), \(isStrict ? "strict" : "eventual"), "
            + history.text(about: right.mentioned(in: wrong))
    }

    func end() throws {
        for view in views { try view.stop() }
    }

    // MARK: - One turn

    /// - Returns: what was wrong.
    mutating func turn() throws -> String? {
        let hand = Hand.allCases[Int.random(in: 0..<3, using: &generator)]
        let root = (hand == .share ? share : views[hand.rawValue].path) + Self.tree
        var changer = configured(try ShareChanger(root: root, catalogue: model + Self.tree))
        for _ in 0..<Int.random(in: 1...5, using: &generator) {
            if let wrong = try change(hand, &changer) { return wrong }
        }
        if kind == .sshfs, let wrong = try waitForHiddenFiles() { return wrong }
        var comparison = TreeComparison(share: model + Self.tree, view: share + Self.tree)
        comparison.comparesTimes = false
        if let wrong = comparison.differences().first { return "the share: \(wrong)" }
        if hand != .share, let wrong = try difference(views[hand.rawValue], isOwn: true) {
            return "\(hand), whose hand it was: \(wrong)"
        }
        if !isStrict {
            var same = generator
            changer.moveRestoredTimes(&generator)
            right.moveRestoredTimes(&same)
        }
        for view in views {
            if let wrong = try difference(view, isOwn: false) { return "\(view.path): \(wrong)" }
        }
        if let wrong = try lookAtCrowd() { return wrong }
        return try disturb()
    }

    /// sshfs may be told that a file is closed after it is told to remove it: until then it has it by a name of its own.
    ///
    /// - Returns: what stays, and who has it open.
    private func waitForHiddenFiles() throws -> String? {
        let tree = (share + Self.tree).pathBytes
        var hidden: [String] = []
        do {
            try waitUntil("what was closed and removed is gone", within: 5, poll: 0.02) {
                hidden = try FileTree.paths(tree).map(\.path.printable)
                    .filter { $0.contains(".fuse_hidden") }
                return hidden.isEmpty
            }
            return nil
        } catch {
            return "\(error): \(hidden), open: \(views.flatMap(Self.open))"
        }
    }

    /// What a view's daemon has open of its share.
    private static func open(in view: RunningView) -> [String] {
        let folder = "/proc/\(view.process.pid)/fd"
        return ((try? Calls.names(folder)) ?? [])
            .compactMap { try? Calls.linkTarget(folder.pathBytes / $0).printable }
            .filter { $0.hasPrefix(view.share + "/") }
    }

    /// One change by a hand, and in the directory that is right.
    private mutating func change(_ hand: Hand, _ changer: inout ShareChanger) throws -> String? {
        var same = generator
        // Looked at by both, so that both choose the same: what failed half-way has changed something, too.
        try changer.look()
        try right.look()
        let done = try area.guarded("change by \(hand)", within: 60) {
            try changer.change(&generator)
        }
        let expected = try right.change(&same)
        history.add(event: "by \(hand): \(done)")
        return done == expected ? nil : "\(hand) got '\(done)' for '\(expected)'"
    }

    /// - Parameter isOwn: what the view itself has changed is exact at once. In `eventual` the number of names that others
    ///   have given to the same files is not part of that.
    private func difference(_ view: RunningView, isOwn: Bool) throws -> String? {
        var comparison = TreeComparison(share: view.share + Self.tree, view: view.path + Self.tree)
        comparison.comparesLinkCounts = !isOwn || isStrict
        // sshfs and a server with coarse times tell of some changes only after a second or two.
        // It remembers the size, too, that a file had by its other name: what is compared with is behind there.
        let isAtOnce =
            isOwn && kind != .sshfs || isStrict && [.directory, .server].contains(kind)
        var left: [String] = []
        do {
            try waitUntil("view", within: isAtOnce ? 0 : 20, poll: 0.02) {
                left = try area.guarded("compare \(view.path)", within: 60) {
                    comparison.differences()
                }
                return left.isEmpty
            }
        } catch {
            return "\(left)"
        }
        return nil
    }

    /// The folder with many names: now and then one comes, one goes, and it is listed.
    private mutating func lookAtCrowd() throws -> String? {
        guard generator.chance(20) else { return nil }
        let hand = Hand.allCases[Int.random(in: 0..<3, using: &generator)]
        let root = hand == .share ? share : views[hand.rawValue].path
        let folder = "\(root)/crowd".pathBytes
        let number = Int.random(in: 0..<1000, using: &generator)
        let (old, new) = (Array("name \(number)".utf8), Array("new \(number)".utf8))
        let names = [old, new]
        try area.guarded("names of the crowd", within: 60) {
            for name in names {
                if crowd.remove(name) != nil {
                    try Calls.unlink(folder / name)
                } else {
                    try Calls.write([], to: folder / name)
                    crowd.insert(name)
                }
            }
        }
        history.add(event: "crowd by \(hand): \(number)")
        for (index, view) in views.enumerated() {
            let isOwn = index == hand.rawValue
            var words = ""
            do {
                try waitUntil("crowd", within: isOwn || isStrict ? 0 : 60, poll: 0.1) {
                    let names = try area.guarded("list the crowd", within: 600) {
                        try Calls.names("\(view.path)/crowd")
                    }
                    let (missing, extra) = (
                        crowd.subtracting(names), Set(names).subtracting(crowd)
                    )
                    words =
                        "\(names.count) names for \(crowd.count), missing \(missing.prefix(3).map(\.printable)), too much \(extra.prefix(3).map(\.printable))"
                    return names.count == crowd.count && missing.isEmpty && extra.isEmpty
                }
            } catch {
                return "crowd in view \(index + 1), changed by \(hand): \(error) \(words)"
            }
        }
        return nil
    }

    /// A view may be killed, mounted anew or emptied.
    ///
    /// In `eventual` what others changed, and a view has seen, may be as it was in the first look after that.
    private mutating func disturb() throws -> String? {
        for (index, view) in views.enumerated() {
            switch Int.random(in: 0..<30, using: &generator) {
            case 0:
                try view.restart(options)
                history.add(event: "remount \(index + 1)")
            case 1:
                try view.killAndRestart(options)
                history.add(event: "kill \(index + 1)")
            case 2:
                _ = try view.evict()
                history.add(event: "evict \(index + 1)")
                continue
            default: continue
            }
            if !isStrict, let wrong = try difference(view, isOwn: false) {
                return "view \(index + 1) after its start: \(wrong)"
            }
        }
        return nil
    }
}
