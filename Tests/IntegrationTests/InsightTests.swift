import Control
import Foundation
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// What people see of Foresight: `explain`, `status`, `top` and `record` tell what was done.
    @Suite struct InsightTests {
        private let area = Area.current
        private let view: RunningView
        private let filmBytes = 6_000_000

        init() throws {
            let share = try area.makeDirectory("share")
            var generator = SplitMix(seed: 44)
            try Calls.makeDirectory("\(share)/films")
            for name in ["forward.mkv", "backward.mkv", "quiet.mkv"] {
                try TestLibrary.file(
                    "\(share)/films/\(name)",
                    generator.content(filmBytes, compressible: false))
            }
            let nas = try RunningSlowShare(area, directory: share, roundTrip: "4ms")
            view = try RunningView(area, share: nas.path)
        }

        // MARK: Who reads

        /// From start to end, as a program that says its name.
        private func readForward() throws {
            let film = "\(view.path)/films/forward.mkv"
            #expect(try area.run("/bin/sh", ["-c", "exec cat \"$0\" > /dev/null", film]).isSuccess)
        }

        /// From end to start, without the kernel guessing along.
        private func readBackward() throws {
            try view.guarded("read backwards") {
                let file = try Calls.open("\(view.path)/films/backward.mkv")
                posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_RANDOM)
                let step = 128 << 10
                for offset in stride(from: filmBytes / step * step, through: 0, by: -step) {
                    _ = try file.read(at: Int64(offset), step)
                }
            }
        }

        private func accesses() throws -> AccessBatch {
            let runtime = RuntimeDirectory(path: area.path("run"), owner: Environment.userID)
            let directory = try #require(try runtime.open())
            let answer = try ControlClient().ask(
                .records(after: 0, max: ControlRequest.recordsMax), in: directory,
                name: MountRegistry.socketName(ofView: view.path.pathBytes))
            guard case .accesses(let batch) = answer else {
                throw RunningView.EndedWrongly(description: "\(answer)")
            }
            return batch
        }

        /// The kernel tells of the end of a file's use a moment after it.
        private func waitForCloses(_ count: Int) throws {
            try waitUntil(
                "\(count) files are closed",
                isTrue: {
                    try accesses().records.filter { $0.operation == .close }.count >= count
                })
        }

        // MARK: Explain, status, top

        private func explain(_ name: String) throws -> (ExplanationReport, CommandResult) {
            let result = try area.run(
                BuiltPrograms.larder, ["explain", "\(view.path)/\(name)", "--json"], within: 20)
            let report = try JSONDecoder().decode(
                ExplanationReport.self, from: Data(result.output.utf8))
            return (report, result)
        }

        @Test func explainTellsWhatWasSeenAndDone() throws {
            try readForward()
            try readBackward()
            try waitForCloses(2)

            let (forward, result) = try explain("films/forward.mkv")
            #expect(result.isSuccess)
            #expect(forward.path == WirePath(RelativePath(["films", "forward.mkv"])))
            #expect(
                forward.file
                    == .init(
                        kind: .file, sizeBytes: Int64(filmBytes), contentType: "media",
                        chunkBytes: 1 << 20, recognisedBy: "extension", compression: "probe",
                        tier: "disk"))
            let seen = try #require(forward.seen)
            #expect(seen.opens == 1)
            #expect(seen.reads > 0)
            #expect(!seen.pattern.isEmpty)
            #expect((0...1).contains(seen.confidence))
            #expect(seen.streams.contains { $0.program == "cat" && $0.pattern == "sequential" })
            #expect(seen.decisions.contains { $0.issuedBytes > 0 && !$0.because.isEmpty })
            for decision in seen.decisions {
                #expect(decision.startBytes < decision.endBytes)
                #expect(decision.usedBytes <= decision.endBytes - decision.startBytes)
                #expect(decision.endBytes <= filmBytes)
            }
            let backward = try #require(try explain("films/backward.mkv").0.seen)
            #expect(backward.streams.contains { $0.pattern == "backward" }, "\(backward)")

            let text = try area.run(
                BuiltPrograms.larder, ["explain", "\(view.path)/films/forward.mkv"])
            #expect(text.isSuccess)
            #expect(text.output.contains("5.72 MiB, media, chunks of 1.00 MiB"), "\(text)")
            #expect(!text.output.contains("\u{1B}"), "not for a terminal")
        }

        @Test func explainSaysWhatItDoesNotKnow() throws {
            let (folder, result) = try explain("films")
            #expect(folder.file?.kind == .folder && folder.seen == nil)
            #expect(result.code == 3)
            #expect(try explain("films/none.mkv").1.code == 3)
            let outside = try area.run(BuiltPrograms.larder, ["explain", area.path])
            #expect(outside.code == 3 && outside.errors.contains("not in a view"), "\(outside)")
        }

        @Test func statusAndTopShowStreamsAndScorecard() throws {
            try readForward()
            let foresight = try #require(try view.status().foresight)
            #expect(["aggressive", "balanced", "conservative"].contains(foresight.strategy))
            let path = WirePath(RelativePath(["films", "forward.mkv"]))
            let stream = try #require(foresight.streams.first { $0.path == path })
            #expect(stream.program == "cat")
            #expect(stream.sizeBytes == filmBytes)
            #expect(stream.positionBytes == filmBytes)
            #expect(foresight.scores.contains { $0.issuedBytes > 0 })

            let status = try area.run(BuiltPrograms.larder, ["status", view.path])
            #expect(status.output.contains("films/forward.mkv  cat"), "\(status)")
            let top = try area.run(
                BuiltPrograms.larder, ["top", view.path, "--interval", "100ms"])
            #expect(top.isSuccess)
            #expect(top.output.contains("===>]"), "\(top)")
            #expect(!top.output.contains("\u{1B}"), "not for a terminal")
        }

        /// Each request of the kernel's is counted when it is answered, each read by where its bytes came from.
        @Test func statusHasTheLatenciesOfWhatWasAsked() throws {
            let name = "\(view.path)/films/forward.mkv"
            let file = try Calls.open(name, O_RDONLY)
            _ = try file.read(at: 0, 4096)
            // As before a read that the kernel's own pages do not answer, and that finds its bytes in memory.
            posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED)
            _ = try file.read(at: 0, 4096)
            #expect(throws: Errno.noSuchFile) { try Calls.status("\(view.path)/none") }
            let metrics = try #require(try view.status().metrics)
            func count(_ name: String, _ labels: [String: String]) -> UInt64 {
                metrics.first { $0.name == name && $0.labels == labels }?.count ?? 0
            }
            let requests = "larder_request_duration_seconds"
            #expect(count(requests, ["operation": "open", "outcome": "ok"]) >= 1)
            #expect(count(requests, ["operation": "read", "outcome": "ok"]) >= 2)
            let reads = "larder_read_duration_seconds"
            #expect(count(reads, ["source": "share", "outcome": "ok"]) >= 1)
            #expect(count(reads, ["source": "memory", "outcome": "ok"]) >= 1)
            let share = metrics.filter { $0.name == "larder_share_duration_seconds" }
            #expect(share.contains { $0.labels["urgency"] == "demand" && ($0.median ?? 0) > 0 })
            #expect(
                metrics.contains {
                    $0.name == "larder_tier_bytes" && $0.labels == ["tier": "memory"]
                        && ($0.value ?? 0) >= 4096
                })
        }

        // MARK: Record

        private func startRecording(_ name: String, _ options: String...) throws
            -> SpawnedProcess
        {
            let process = try area.spawn(
                "record", BuiltPrograms.larder,
                ["record", view.path, "-o", area.path(name)] + options)
            try waitUntil("it records", isTrue: { process.output.contains("recording") })
            return process
        }

        private func end(_ recording: SpawnedProcess, _ signal: Int32) throws {
            recording.send(signal)
            #expect(
                try recording.wait("larder record", within: 20) == .exited(code: 0),
                "\(recording.output)")
        }

        @Test func recordWritesTheTraceFormat() throws {
            let full = try startRecording("t.csv")
            let hashed = try startRecording("hashed.csv", "--names", "hashed")
            let bare = try startRecording("bare.csv", "--names=none")
            try readForward()
            try readBackward()
            try waitForCloses(2)
            try end(full, SIGINT)
            try end(hashed, SIGTERM)
            try end(bare, SIGTERM)

            let files = try list("t.files.txt")
            let forward = try #require(files.first { $0.path == "films/forward.mkv" })
            #expect(forward.size == "\(filmBytes)")
            #expect(files.contains { $0.path == "films/backward.mkv" })
            let lines = try trace("t.csv")
            expectOneReaderReadsAll(lines.filter { $0[1] == forward.id })
            let times = lines.compactMap { Double($0[0]) }
            #expect(times.count == lines.count && times == times.sorted())
            #expect(times.first == 0)

            let veiled = try list("hashed.files.txt")
            // Each recording is a program too, and looks at the view's root when it starts.
            let films = { (list: [(id: String, path: String, size: String)]) in
                list.filter { $0.path.hasSuffix(".mkv") }.map(\.id)
            }
            #expect(films(veiled) == films(files))
            #expect(veiled.contains { $0.path.hasSuffix(".mkv") && $0.size == forward.size })
            let told = SpawnedProcess.text(area.path("hashed.files.txt"))
            #expect(!told.contains("films") && !told.contains("forward"))
            let reads = { (lines: [[String]]) in lines.filter { "ORC".contains($0[4]) }.count }
            #expect(try reads(trace("hashed.csv")) == reads(lines))
            #expect(try list("bare.files.txt").allSatisfy { $0.path.hasPrefix("?") })

            let replay = try area.run(
                BuiltPrograms.larder, ["replay", area.path("t.csv"), "--method", "none"])
            #expect(replay.isSuccess, "\(replay)")
        }

        /// Lines of one file: opened, read in whole, closed, by one `cat` on one handle.
        private func expectOneReaderReadsAll(_ lines: [[String]]) {
            let used = lines.filter { "ORC".contains($0[4]) }
            #expect(used.first?[4] == "O" && used.last?[4] == "C", "\(used)")
            #expect(Set(used.map { $0[6] }).count == 1, "one handle")
            #expect(Set(used.map { $0[5] }).count == 1, "one reader")
            #expect(used.allSatisfy { $0[5].hasPrefix("cat:") })
            var end = 0
            let reads = used.filter { $0[4] == "R" }
            for read in reads.sorted(by: { (Int($0[2]) ?? 0) < (Int($1[2]) ?? 0) }) {
                let (offset, length) = (Int(read[2]) ?? -1, Int(read[3]) ?? -1)
                #expect(offset <= end, "a gap at \(end)")
                end = max(end, offset + length)
            }
            #expect(end >= filmBytes)
        }

        @Test func recordEndsByItselfAndOverwritesNothing() throws {
            let command = ["record", view.path, "-o", area.path("t.csv"), "--duration", "100ms"]
            let first = try area.run(BuiltPrograms.larder, command)
            #expect(first.isSuccess, "\(first)")
            let second = try area.run(BuiltPrograms.larder, command)
            #expect(second.code == 1 && second.errors.contains("exists already"), "\(second)")
            let piped = try area.run(
                BuiltPrograms.larder, ["record", view.path, "-o", "-", "--duration=100ms"])
            #expect(piped.isSuccess)
            #expect(piped.output.hasPrefix("time_s,file_id,"))
        }

        @Test func recordEndsWithItsView() throws {
            let recording = try startRecording("t.csv")
            try readForward()
            try view.stop()
            #expect(try recording.wait("larder record", within: 20) == .exited(code: 1))
            #expect(recording.output.contains("ended early"), "\(recording.output)")
            #expect(SpawnedProcess.text(area.path("t.csv")).hasPrefix("time_s,"))
        }

        private func trace(_ name: String) throws -> [[String]] {
            let lines = SpawnedProcess.text(area.path(name)).split(separator: "\n")
            #expect(
                lines.first == "time_s,file_id,offset_bytes,length_bytes,op,reader,handle")
            return lines.dropFirst().map { line in
                let fields = line.split(separator: ",").map(String.init)
                #expect(fields.count == 7, "\(line)")
                return fields
            }
        }

        private func list(_ name: String) throws -> [(id: String, path: String, size: String)] {
            try SpawnedProcess.text(area.path(name)).split(separator: "\n").map { line in
                let fields = line.split(separator: "\t").map(String.init)
                try #require(fields.count == 3, "\(line)")
                return (fields[0], fields[1], fields[2])
            }
        }
    }
}
