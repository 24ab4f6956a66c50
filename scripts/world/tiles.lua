-- What of OpenStreetMap the demo's map shows, for tilemaker 2.2. web/map/README.md describes the layers.

node_keys = { "place" }

function init_function()
end

function exit_function()
end

-- OpenStreetMap's road classes, folded into the few that are drawn apart, with the first zoom each is seen at.
local roads = {
  motorway = { "motorway", 6 }, motorway_link = { "motorway", 10 },
  trunk = { "trunk", 6 }, trunk_link = { "trunk", 10 },
  primary = { "primary", 8 }, primary_link = { "primary", 10 },
  secondary = { "secondary", 9 }, secondary_link = { "secondary", 11 },
  tertiary = { "tertiary", 10 }, tertiary_link = { "tertiary", 11 },
  unclassified = { "minor", 12 }, residential = { "minor", 12 },
  living_street = { "minor", 12 }, road = { "minor", 12 },
  service = { "service", 13 },
  pedestrian = { "path", 13 }, footway = { "path", 13 }, cycleway = { "path", 13 },
  path = { "path", 13 }, steps = { "path", 13 }, bridleway = { "path", 13 },
  track = { "track", 13 },
}

local green = {
  forest = "wood", wood = "wood", scrub = "wood",
  park = "park", garden = "park", village_green = "park", recreation_ground = "park", grass = "park",
  pitch = "park", playground = "park", allotments = "park", cemetery = "park", golf_course = "park",
  meadow = "field", farmland = "field", farm = "field", vineyard = "field", orchard = "field",
  fell = "field", wetland = "field", heath = "field", grassland = "field",
}

local land = {
  residential = "town", commercial = "work", retail = "work", industrial = "work", railway = "work", quarry = "work",
}

local water = { water = true, riverbank = true, reservoir = true, basin = true, dock = true, swimming_pool = true }

local streams = { river = 9, canal = 11, stream = 12, drain = 13, ditch = 13 }

local places = {
  country = 0, city = 6, town = 8, village = 10, suburb = 12, hamlet = 12, neighbourhood = 13, locality = 13,
}

local function name(object, key)
  local text = object:Find(key)
  if text ~= "" and text ~= "FIXME" then object:Attribute(key, text) end
end

function node_function(node)
  local class = node:Find("place")
  local zoom = places[class]
  if zoom == nil or node:Find("name") == "" then return end
  -- The capital gives every zoom something to show, so that the map is found from afar.
  if node:Find("capital") == "yes" then class = "city"; zoom = 0 end
  node:Layer("place", false)
  node:MinZoom(zoom)
  node:Attribute("class", class)
  name(node, "name")
end

function relation_scan_function(relation)
  if relation:Find("boundary") == "administrative" and relation:Find("admin_level") == "2" then relation:Accept() end
end

local function road(way)
  local class = roads[way:Find("highway")]
  local rail = way:Find("railway")
  if class == nil and (rail == "rail" or rail == "light_rail") then class = { "rail", 11 } end
  if class == nil then return end
  way:Layer("road", false)
  way:MinZoom(class[2])
  way:Attribute("class", class[1])
  name(way, "name")
  name(way, "ref")
  if way:Find("tunnel") == "yes" then way:AttributeNumeric("tunnel", 1) end
  if way:Find("bridge") == "yes" then way:AttributeNumeric("bridge", 1) end
end

local function area(way)
  local natural = way:Find("natural")
  local landuse = way:Find("landuse")
  local leisure = way:Find("leisure")
  local waterway = way:Find("waterway")
  if water[natural] or water[landuse] or water[leisure] or water[waterway] or landuse == "water" then
    way:Layer("water", true)
    name(way, "name")
    return
  end
  local class = green[landuse] or green[natural] or green[leisure]
  if class then
    way:Layer("green", true)
    way:Attribute("class", class)
  elseif land[landuse] then
    way:Layer("land", true)
    way:Attribute("class", land[landuse])
  end
end

function way_function(way)
  while true do
    local relation = way:NextRelation()
    if not relation then break end
    way:Layer("border", false)
    break
  end
  road(way)
  local zoom = streams[way:Find("waterway")]
  if zoom then
    way:Layer("stream", false)
    way:MinZoom(zoom)
    way:Attribute("class", way:Find("waterway"))
    name(way, "name")
  end
  if way:Find("building") ~= "" and way:Find("building") ~= "no" then
    way:Layer("building", true)
  elseif way:IsClosed() or way:Find("type") == "multipolygon" then
    area(way)
  end
end
