# Stands in for Homebrew where there is none: loads a formula, installs what an archive held, runs the formula's
# own test, and prints what the formula says.
#   ruby formula.rb FORMULA UNPACKED CELLAR
require "fileutils"
require "json"
require "pathname"

class Place < Pathname
  def install(name)
    FileUtils.mkdir_p(self)
    FileUtils.install(name, self, mode: 0o755)
  end
end

class Formula
  class << self
    attr_reader :facts, :testing

    def inherited(formula)
      super
      formula.instance_variable_set(:@facts, { "sources" => {} })
      formula.instance_variable_set(:@place, [])
      $formula = formula
    end

    %i[desc homepage version license].each { |name| define_method(name) { |value| @facts[name.to_s] = value } }

    %i[macos linux arm intel].each do |name|
      define_method(:"on_#{name}") do |&block|
        @place.push(name)
        block.call
        @place.pop
      end
    end

    def url(value) = source["url"] = value

    def sha256(value) = source["sha256"] = value

    def test(&block) = @testing = block

    private

    def source = @facts["sources"][@place.join("/")] ||= {}
  end

  attr_reader :bin, :tests

  def initialize(cellar)
    @bin = Place.new(File.join(cellar, "bin"))
    @tests = 0
  end

  def version = self.class.facts["version"]

  def shell_output(command)
    output = `#{command}`
    raise "#{command} ended with #{$?.exitstatus}" unless $?.success?

    output
  end

  def assert_match(wanted, text)
    raise "#{wanted} is not in what was printed" unless text.match?(Regexp.new(Regexp.escape(wanted)))

    @tests += 1
  end
end

file, unpacked, cellar = ARGV
load file
formula = $formula.new(cellar)
Dir.chdir(unpacked) { formula.install }
formula.instance_eval(&$formula.testing)
puts JSON.generate($formula.facts.merge("tests" => formula.tests))
