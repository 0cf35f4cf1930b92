import Model
public import Platform

/// A model's file: whoever reads it finds a whole model, the one before or the one after.
public enum ForestModelFile {
    /// Blocks for as long as the file system does.
    public static func read(_ path: String) throws(ForestModelRefusal) -> ForestModel {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try FileContents.read(path, bytesMax: ForestModelFormat.bytesMax)
        } catch .fileTooLarge {
            throw .tooLarge
        } catch {
            throw .unreadable(error)
        }
        return try ForestModel(decoding: bytes)
    }

    /// Into a new file beside it that outlasts a power failure, and then over it. Nothing is left of an attempt that fails.
    public static func write(_ model: ForestModel, to path: String) throws(FileRefusal) {
        let place = try GuardedPath(path)
        let file = try OutputFile.open("\(path).new", existing: .truncate)
        do throws(Errno) {
            try FileContents.write(file.descriptor.rawValue, model.encoded)
            try FileCalls.synchronize(file.descriptor.rawValue)
            try file.rename(to: place.name)
        } catch {
            file.remove()
            throw .failed(path: path, error)
        }
        try synchronize(path, place)
    }

    /// Takes a file that was refused out of the way, so that it is refused once, and can be looked at; one that was
    /// set aside before makes room for it.
    ///
    /// - Returns: where it lies now.
    public static func setAside(_ path: String) throws(FileRefusal) -> String {
        let place = try GuardedPath(path)
        do throws(Errno) {
            try FileCalls.rename(
                at: place.folder.rawValue, place.name.bytes,
                to: place.name.bytes + Array(".refused".utf8))
        } catch {
            throw .failed(path: path, error)
        }
        return path + ".refused"
    }

    /// The folder's own entry, which the rename has changed.
    private static func synchronize(_ path: String, _ place: GuardedPath) throws(FileRefusal) {
        do throws(Errno) {
            let folder = try FileCalls.reopen(place.folder.rawValue, [.readOnly, .directory])
            try FileCalls.synchronize(folder.rawValue)
        } catch {
            throw .failed(path: path, error)
        }
    }
}
