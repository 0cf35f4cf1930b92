import Testing

/// Guards the rooms of the design: who may import what, and where unsafe code may live.
@Suite struct RoomsTests {
    private let tree: SourceTree

    init() throws {
        tree = try SourceTree()
    }

    /// The house plan, bottom to top. A room that needs a line more here has moved a wall.
    private static let plan: [String: Set<String>] = [
        "Model": [],
        "Metrics": [],
        "Foresight": ["Model", "Habits"],
        "Eviction": ["Model"],
        "Habits": ["Model"],
        "Replay": ["Model", "Foresight", "Eviction", "Habits", "Forest"],
        "Platform": [
            "Model", "CLinux", "CLZ4", "CXXHash", "CSQLite", "CSystemd", "CMessageDigest", "CTOML",
        ],
        "History": ["Model", "Platform"],
        "Forest": ["Model", "Platform", "Habits"],
        "Training": ["Model", "Platform", "Forest", "CXGBoost"],
        "Fuse": ["Model", "Metrics", "Platform", "CFuse"],
        "Share": ["Model", "Metrics", "Platform"],
        "Tiers": ["Model", "Metrics", "Platform", "Share", "Eviction"],
        "View": [
            "Model", "Metrics", "Platform", "Fuse", "Share", "Tiers", "Foresight", "Habits",
            "History", "Forest",
        ],
        "Control": ["Model", "Platform"],
        "larder": [
            "Model", "Metrics", "Platform", "Fuse", "Share", "Tiers", "Foresight", "Habits",
            "History", "Forest", "View", "Control", "Replay",
        ],
        "slowshare": ["Model", "Platform", "Fuse", "Control"],
        "larder-train": ["Platform", "Forest", "Training"],
    ]

    /// What comes with the toolchain and the C library; not for rooms that only decide.
    private static let system: Set<String> = ["Glibc", "Synchronization", "FoundationEssentials"]
    private static let pure: Set<String> = ["Model", "Foresight", "Eviction", "Habits", "Replay"]

    /// Rooms whose business is memory and threads.
    private static let unsafeRooms: Set<String> = ["Platform", "Fuse"]
    /// Single files elsewhere; each says why it is sound.
    private static let unsafeFiles: Set<String> = [
        "Sources/Tiers/Disk/ScratchPool.swift",
        "Sources/Tiers/Index/IndexReader.swift",
    ]
    private static let unsafeMarks = [
        "@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast", "Unmanaged",
        "assumingMemoryBound", "unsafelyUnwrapped",
    ]
    private static let fileLinesMax = 500
    private static let functionLinesMax = 60

    /// A run that is to decide (`CI=true`) has tried everything: what it cannot test fails there.
    @Test func whatIsSkippedFailsInCI() {
        let condition = ".enabled" + "("
        var found = 0
        for file in tree.files where file.path.hasPrefix("Tests/") {
            #expect(!file.lines.contains { $0.contains(".disabled" + "(") }, "\(file.path)")
            for (index, line) in file.lines.enumerated() where line.contains(condition) {
                found += 1
                let words = file.lines[index...].prefix(3).joined(separator: " ")
                #expect(words.contains("if: Requirement."), "\(file.path):\(index + 1)")
            }
        }
        #expect(found > 10)
    }

    @Test func importsPointDownward() {
        #expect(!tree.sources.isEmpty)
        for file in tree.sources {
            guard let allowed = Self.plan[file.room] else {
                Issue.record("\(file.path) lies in a room that is not on the plan")
                continue
            }
            let system = Self.pure.contains(file.room) ? [] : Self.system
            for name in file.imports where !allowed.contains(name) && !system.contains(name) {
                Issue.record("\(file.path) imports \(name), which \(file.room) may not")
            }
        }
    }

    /// Who wants to know something of the node table asks ``KnownNodes``, by a question that has a name.
    @Test func nobodyElseLocksTheNodeTable() {
        for file in tree.sources
        where file.room == "View" && !file.path.contains("/View/Namespace/") {
            for (index, line) in file.lines.enumerated() where line.contains("table.withLock") {
                Issue.record("\(file.path):\(index + 1) locks the node table")
            }
        }
    }

    @Test func eachCLibraryHasOneDoor() {
        let isC = { (name: String) in
            guard name.count > 1, name.hasPrefix("C") else { return false }
            return name.dropFirst().first?.isUppercase == true
        }
        var doors: [String: Set<String>] = [:]
        for file in tree.sources {
            for name in file.imports where isC(name) { doors[name, default: []].insert(file.room) }
        }
        #expect(!doors.isEmpty)
        for (name, rooms) in doors { #expect(rooms.count == 1, "\(name) is imported in \(rooms)") }
    }

    @Test func unsafeCodeStaysWhereItIsExplained() {
        for file in tree.sources {
            let isAllowed =
                Self.unsafeRooms.contains(file.room) || Self.unsafeFiles.contains(file.path)
            for (index, line) in file.lines.enumerated() {
                let code = line.range(of: "//").map { line[..<$0] } ?? line[...]
                for mark in Self.unsafeMarks where code.contains(mark) {
                    #expect(isAllowed, "\(file.path):\(index + 1) uses \(mark)")
                }
                if code.contains("@unchecked Sendable") || code.contains("nonisolated(unsafe)") {
                    let above = file.lines[max(0, index - 8)..<index]
                    let comment = above.contains {
                        $0.drop { $0 == " " }.hasPrefix("//")
                    }
                    #expect(comment, "\(file.path):\(index + 1): say above it why it is sound")
                }
            }
        }
    }

    /// A closure that is the state of a `Mutex` is wrapped once more each time it is looked at, and so ends the stack in
    /// time: it goes into a structure.
    @Test func noClosureIsTheStateOfALock() {
        for file in tree.sources {
            for (index, line) in file.lines.enumerated() {
                let isClosure = line.contains("Mutex<(") && line.contains("->")
                #expect(!isClosure, "\(file.path):\(index + 1)")
            }
        }
    }

    /// By their indentation, which the formatter keeps.
    @Test func functionsStayReadable() {
        let beginning = /^( *)(?:[a-z@]+(?:\([a-z]+\))? )*(?:func |init\b|deinit\b)/
        for file in tree.sources {
            for (index, line) in file.lines.enumerated() {
                guard let match = line.prefixMatch(of: beginning) else { continue }
                let rest = file.lines[(index + 1)...]
                // What a protocol asks for has no body.
                let end = rest.firstIndex { line in
                    let indent = line.prefix { $0 == " " }.count
                    return !line.isEmpty && indent <= match.1.count
                        && !line.hasPrefix("\(match.1))")
                        && !line.hasPrefix("\(match.1)where") && !line.hasPrefix("\(match.1)->")
                }
                guard let end, file.lines[end].hasPrefix("\(match.1)}") else { continue }
                #expect(
                    end - index < Self.functionLinesMax,
                    "\(file.path):\(index + 1) has \(end - index + 1) lines")
            }
        }
    }

    @Test func filesStayReadable() {
        for file in tree.files {
            #expect(
                file.lines.count <= Self.fileLinesMax,
                "\(file.path) has \(file.lines.count) lines: find the type that wants out")
        }
    }

    @Test func nothingIsLeftForLater() {
        // Written apart, or this file would find itself.
        let marks = ["TO" + "DO", "FIX" + "ME"]
        for file in tree.files {
            for (index, line) in file.lines.enumerated() {
                for mark in marks where line.contains(mark) {
                    Issue.record("\(file.path):\(index + 1) says \(mark)")
                }
            }
        }
    }
}

extension String {
    /// The first place of `part`, without Foundation.
    fileprivate func range(of part: String) -> String.Index? {
        guard contains(part) else { return nil }
        return indices.first { self[$0...].hasPrefix(part) }
    }
}
