import Model
import Platform

/// A configuration file, read: every value is possible for itself.
struct ConfigurationFile: Hashable, Sendable {
    /// Absolute.
    var path: String
    var settings: [OptionSetting]

    /// How long a file may take to be read: somebody may have put it on a share.
    static let readingTime = Duration.seconds(2)

    /// - Parameters:
    ///   - path: absolute.
    ///   - home: what `~/` in paths stands for.
    /// - Throws: `.failure` when the file cannot be read, `.usage` with a line per problem when it is wrong.
    static func read(
        _ path: String, home: String? = Environment.variable("HOME")
    ) throws(CommandError) -> ConfigurationFile {
        let found = withDeadline(readingTime, thread: "configuration") {
            () -> Result<[UInt8], Errno> in
            do throws(Errno) {
                let attributes = try FileCalls.attributes(ofPath: path)
                guard attributes.size <= TOMLDocument.bytesMax else { throw .fileTooLarge }
                return .success(try FileContents.read(path, bytesMax: TOMLDocument.bytesMax))
            } catch {
                return .failure(error)
            }
        }
        switch found {
        case .success(let bytes):
            do {
                return try ConfigurationReader.read(bytes, path: path, home: home)
            } catch {
                throw error.commandError
            }
        case .failure(.noSuchFile):
            throw .failure(
                "the configuration file \(path) does not exist: create it, or name another")
        case .failure(.fileTooLarge):
            throw .usage(
                "\(path):1:1: the file has more than \(TOMLDocument.bytesMax >> 10) KiB:"
                    + " is it the right one?")
        case .failure(.invalid), .failure(.isDirectory):
            throw .failure("the configuration file \(path) is no regular file: name one that is")
        case .failure(let error):
            throw .failure("the configuration file \(path) cannot be read: \(error.message)")
        case nil:
            throw .failure(
                "the configuration file \(path) was not read within \(readingTime.text):"
                    + " keep it on a local disk")
        }
    }
}
