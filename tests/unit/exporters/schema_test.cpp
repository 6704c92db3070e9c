// docs/report.schema.json and the JSON exporter describe the same thing.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "exporters/json.hpp"
#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using Json = nlohmann::json;

Json load_schema() {
  std::ifstream file(std::string(WSPROBE_SOURCE_DIR) + "/docs/report.schema.json");
  return Json::parse(file);
}

/// Keys on one side only are failures; so are values outside an enum, and values of the wrong type.
class Comparison {
 public:
  explicit Comparison(const Json& schema) : schema_(schema) {}

  void compare(const Json& part, const Json& value, const std::string& path) {
    if (part.contains("$ref"))
      return compare(schema_.at(Json::json_pointer(part.at("$ref").get<std::string>().substr(1))), value, path);
    if (part.contains("anyOf")) {
      ASSERT_FALSE(value.is_null()) << path << " is missing in the full report";
      return compare(part.at("anyOf").at(1), value, path);
    }
    if (part.contains("enum")) {
      EXPECT_EQ(std::count(part.at("enum").begin(), part.at("enum").end(), value), 1) << path << ": " << value;
      return;
    }
    if (part.contains("const")) {
      EXPECT_EQ(part.at("const"), value) << path;
      return;
    }
    EXPECT_TRUE(has_type(part, value)) << path << ": " << value;
    if (value.is_object()) compare_object(part, value, path);
    if (value.is_array()) {
      ASSERT_FALSE(value.empty()) << path << " is empty in the full report";
      for (const Json& element : value) compare(part.at("items"), element, path + "[]");
    }
  }

 private:
  static std::string type_of(const Json& value) {
    if (value.is_number_integer()) return "integer";
    if (value.is_number()) return "number";
    return value.type_name();
  }

  static bool has_type(const Json& part, const Json& value) {
    const Json& types = part.at("type");
    const std::string type = type_of(value);
    const Json list = types.is_array() ? types : Json::array({types});
    return std::any_of(list.begin(), list.end(), [&](const Json& allowed) {
      return allowed == type || (allowed == "number" && type == "integer");
    });
  }

  void compare_object(const Json& part, const Json& value, const std::string& path) {
    if (part.contains("additionalProperties")) {
      ASSERT_FALSE(value.empty()) << path << " is empty in the full report";
      for (const auto& [key, member] : value.items())
        compare(part.at("additionalProperties"), member, path + "." + key);
      return;
    }
    const Json& properties = part.at("properties");
    for (const auto& [key, member] : value.items()) {
      ASSERT_TRUE(properties.contains(key)) << "not in the schema: " << path << "." << key;
      compare(properties.at(key), member, path + "." + key);
    }
    for (const auto& [key, property] : properties.items()) {
      EXPECT_TRUE(value.contains(key)) << "not in the report: " << path << "." << key;
    }
    for (const Json& key : part.at("required")) EXPECT_TRUE(properties.contains(key)) << path << "." << key;
  }

  const Json& schema_;
};

TEST(Schema, HasEveryKeyOfAFullReportAndNoOther) {
  const Json schema = load_schema();
  Comparison(schema).compare(schema, Json::parse(to_json(test::full_report())), "report");
}

std::set<std::string> enum_at(const Json& schema, const std::string& pointer) {
  std::set<std::string> out;
  for (const Json& value : schema.at(Json::json_pointer(pointer)).at("enum")) {
    if (value.is_string()) out.insert(value);
  }
  return out;
}

TEST(Schema, ListsEveryCauseAndReason) {
  const Json schema = load_schema();
  std::set<std::string> reasons;
  for (const Reason reason : all_reasons()) reasons.emplace(name(reason));
  std::set<std::string> causes = reasons;
  for (const CauseId cause : all_causes()) {
    if (cause != CauseId::transport) causes.emplace(name(cause));
  }
  EXPECT_EQ(enum_at(schema, "/$defs/failure/properties/reason"), reasons);
  EXPECT_EQ(enum_at(schema, "/$defs/verdict/properties/cause"), causes);
}

TEST(Schema, ListsEveryExperiment) {
  std::set<std::string> experiments;
#define WSPROBE_ROW(kind, what) experiments.emplace(name(ExperimentKind::kind));
  WSPROBE_EXPERIMENTS(WSPROBE_ROW)
#undef WSPROBE_ROW
  EXPECT_EQ(enum_at(load_schema(), "/$defs/exchange/properties/experiment"), experiments);
}

}  // namespace
}  // namespace wsprobe::exporters
