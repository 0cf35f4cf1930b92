import Model
import Platform
import Replay

/// Finds and reads a trace: a `.csv`, a `.csv.xz`, or a folder with `trace.csv.xz` or `trace.csv` and perhaps `files.txt`.
struct TraceFile {
    /// As typed.
    var path: String

    /// - Returns: the trace, and what is known of its files where its clients were recorded.
    func read() throws(CommandError) -> (trace: Trace, files: FileList?) {
        let found = try locate()
        do {
            let trace = try parse(found.file)
            guard trace.hasReaders else { return (trace, nil) }
            // As `larder record` names it, else as folders with one trace have it.
            var list = TraceWriter.listPath(of: Self.withoutEnding(".xz", found.file))
            var bytes = try contents(list)
            if bytes == nil {
                list = "\(found.folder)/files.txt"
                bytes = try contents(list)
            }
            guard let bytes else {
                throw CommandError.failure(
                    "\(list) is missing: a trace with readers needs paths and sizes of its files")
            }
            return (trace, try FileList(parsing: bytes, path: list))
        } catch let error as TraceError {
            throw .failure(error.description)
        } catch let error as CommandError {
            throw error
        } catch let error as FileRefusal {
            throw .failure(error.description)
        } catch let error as Errno {
            throw .failure("\(found.file): \(error.message)")
        } catch {
            throw .failure("\(found.file): \(error)")
        }
    }

    private func locate() throws(CommandError) -> (file: String, folder: String) {
        let isDirectory: Bool
        do throws(Errno) {
            isDirectory = try FileCalls.attributes(ofPath: path).isDirectory
        } catch {
            throw .failure("\(path): \(error.message)")
        }
        let (parent, _) = RealPath.split(path)
        guard isDirectory else { return (path, path.contains("/") ? parent : ".") }
        let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        for name in ["trace.csv.xz", "trace.csv"] {
            let file = "\(folder)/\(name)"
            if (try? FileCalls.attributes(ofPath: file)) != nil { return (file, folder) }
        }
        throw .failure("\(path) has neither trace.csv.xz nor trace.csv")
    }

    /// What the report calls it: the folder's name, or the file's without its endings.
    private var name: String {
        var last = path.split(separator: "/").last.map(String.init) ?? path
        for ending in [".xz", ".csv"] { last = Self.withoutEnding(ending, last) }
        return last
    }

    private static func withoutEnding(_ ending: String, _ name: String) -> String {
        name.hasSuffix(ending) && name.count > ending.count
            ? String(name.dropLast(ending.count)) : name
    }

    private func contents(_ path: String) throws -> [UInt8]? {
        do throws(Errno) {
            return try FileContents.read(path)
        } catch {
            if error == .noSuchFile { return nil }
            throw error
        }
    }

    private func parse(_ file: String) throws -> Trace {
        var parser = TraceParser(name: name, path: file)
        let descriptor = try InputFile.openStream(file)
        if file.hasSuffix(".xz") {
            try decompress(file, descriptor, into: &parser)
        } else {
            try feed(descriptor.rawValue, into: &parser)
        }
        return try parser.finish()
    }

    /// `xz` does it in a process of its own, beside the parser.
    private func decompress(
        _ file: String, _ descriptor: borrowing FileDescriptor, into parser: inout TraceParser
    ) throws {
        guard let xz = ChildProcess.find("xz", searchPath: Environment.variable("PATH")) else {
            throw CommandError.failure(
                "\(file) is compressed, and xz is not installed (Debian: xz-utils)")
        }
        var pipe = try Pipe()
        let child = try ChildProcess(
            xz, ["--decompress", "--stdout"],
            descriptors: [descriptor.rawValue, pipe.writing?.rawValue ?? -1, 2])
        pipe.closeWriting()
        do {
            try feed(pipe.reading.rawValue, into: &parser)
        } catch {
            // Nobody reads on: it would wait for ever.
            _ = try FileContents.drain(pipe.reading.rawValue, keeping: 0)
            _ = try child.wait()
            throw error
        }
        guard try child.wait() == .exited(code: 0) else {
            throw CommandError.failure("\(file): xz cannot decompress it")
        }
    }

    private func feed(_ descriptor: Int32, into parser: inout TraceParser) throws {
        try FileContents.forEachPiece(of: descriptor) { (piece) throws(TraceError) in
            try parser.append(piece)
        }
    }
}
