/** Who rides: the words of an order's `vehicle`. */
export type Vehicle = 'foot' | 'bicycle' | 'motorbike' | 'car' | 'van'

/** An invented place at a real street; the router must find `street` nearest to the point, or the plan is refused. */
export interface PlannedPlace {
  readonly kind: string
  readonly street: string
  readonly lat: number
  readonly lng: number
}

/** A trip to route: from the pickup through the stops, in order, to the drop. */
export interface PlannedRoute {
  readonly id: string
  readonly vehicle: Vehicle
  readonly pickup: PlannedPlace
  readonly stops?: readonly PlannedPlace[]
  readonly drop: PlannedPlace
  /** A stretch, in metres from the pickup, where the demo pretends that the signal is lost. */
  readonly tunnel?: { readonly fromM: number; readonly toM: number }
  /** The id of a route to the same drop that another rider could take the order over on, where both come together. */
  readonly handOverTo?: string
}

const kirchstrasse = place('Dentist', 'Kirchstrasse', 47.1366, 9.5143)

/** The demo's trips, all over Liechtenstein's valley and once up its slope. */
export const routePlan: readonly PlannedRoute[] = [
  {
    id: 'schaan-vaduz',
    vehicle: 'motorbike',
    pickup: place('Pizzeria', 'Bahnhofstrasse', 47.1675, 9.5076),
    drop: kirchstrasse,
    handOverTo: 'vaduz-relief',
  },
  {
    id: 'vaduz-relief',
    vehicle: 'motorbike',
    pickup: place('Bakery', 'Fabrikweg', 47.1487, 9.5173),
    drop: kirchstrasse,
  },
  {
    id: 'vaduz-triesen',
    vehicle: 'car',
    pickup: place('Pharmacy', 'Heiligkreuz', 47.1352, 9.522),
    drop: place('Surgery', 'Dröschistrasse', 47.1096, 9.5211),
    tunnel: { fromM: 1400, toM: 1850 },
  },
  {
    id: 'triesen-balzers',
    vehicle: 'van',
    pickup: place('Warehouse', 'Feldstrasse', 47.1043, 9.529),
    stops: [place('Farm shop', 'Neugrüt', 47.0785, 9.5125)],
    drop: place('Joinery', 'Gagoz', 47.0684, 9.4965),
  },
  {
    id: 'triesen-by-bicycle',
    vehicle: 'bicycle',
    pickup: place('Bakery', 'Landstrasse', 47.1078, 9.5251),
    drop: place('House', 'Mühleweg', 47.0877, 9.5222),
  },
  {
    id: 'vaduz-on-foot',
    vehicle: 'foot',
    pickup: place('Café', 'Rathausgasse', 47.1408, 9.5218),
    drop: place('Flat', 'Eichengasse', 47.1508, 9.5093),
  },
  {
    id: 'balzers-by-bicycle',
    vehicle: 'bicycle',
    pickup: place('Grocer', 'Egerta', 47.0728, 9.5093),
    drop: place('House', 'Hölzle', 47.0603, 9.4921),
  },
  {
    id: 'eschen-gamprin',
    vehicle: 'motorbike',
    pickup: place('Snack bar', 'Kohlplatz', 47.2104, 9.5276),
    drop: place('House', 'Stelzagass', 47.2178, 9.5077),
  },
  {
    id: 'ruggell-schellenberg',
    vehicle: 'car',
    pickup: place('Florist', 'Dorfstrasse', 47.2416, 9.5255),
    drop: place('Inn', 'Dorf', 47.2329, 9.5481),
  },
  {
    id: 'nendeln-mauren',
    vehicle: 'van',
    pickup: place('Hardware store', 'Churer Strasse', 47.1976, 9.5422),
    stops: [place('School', 'Britschenstrasse', 47.2157, 9.5422)],
    drop: place('Kindergarten', 'Rennhofstrasse', 47.2236, 9.5484),
  },
  {
    id: 'up-to-triesenberg',
    vehicle: 'car',
    pickup: place('Restaurant', 'Landstrasse', 47.1202, 9.524),
    drop: place('House', 'Hofistrasse', 47.1175, 9.5423),
  },
  {
    id: 'schaan-on-foot',
    vehicle: 'foot',
    pickup: place('Bookshop', 'Landstrasse', 47.1577, 9.5096),
    drop: place('Flat', 'Planknerstrasse', 47.1707, 9.5172),
  },
  {
    id: 'schaan-by-bicycle',
    vehicle: 'bicycle',
    pickup: place('Deli', 'Zollstrasse', 47.1697, 9.4935),
    drop: place('House', 'Im Gafos', 47.1625, 9.5195),
  },
  {
    id: 'through-vaduz',
    vehicle: 'motorbike',
    pickup: place('Sushi bar', 'Fürst-Franz-Josef-Strasse', 47.1453, 9.5205),
    drop: place('Office', 'Austrasse', 47.13, 9.5228),
  },
]

function place(kind: string, street: string, lat: number, lng: number): PlannedPlace {
  return { kind, street, lat, lng }
}
